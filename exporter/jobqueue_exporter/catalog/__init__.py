"""Every metric, declared once: name, type, labels, help, and how to read it from a Snapshot."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.catalog import conditions, exporter, flows, jobs, lanes, sources, workers
from jobqueue_exporter.catalog.exporter import ExporterFacts
from jobqueue_exporter.catalog.metric import Metric, Series, Type, Value
from jobqueue_exporter.model import Snapshot

__all__ = [
    "EXPORTER_METRICS",
    "METRICS",
    "SOURCE_METRICS",
    "ExporterFacts",
    "Metric",
    "Series",
    "Type",
    "Value",
]

SOURCE_METRICS: tuple[Metric[Snapshot], ...] = (
    *jobs.METRICS,
    *flows.METRICS,
    *workers.METRICS,
    *lanes.METRICS,
    *conditions.METRICS,
    *sources.METRICS,
)
EXPORTER_METRICS: tuple[Metric[ExporterFacts], ...] = exporter.METRICS
METRICS: tuple[Metric[Snapshot] | Metric[ExporterFacts], ...] = (*SOURCE_METRICS, *EXPORTER_METRICS)


def told(metric: Metric[Snapshot], snapshot: Snapshot) -> Iterator[Series]:
    """What a snapshot tells of a metric: the values of all its labels, and the value.

    Of a source that is down this is next to nothing, whatever else stands in the snapshot.
    """
    if snapshot.up or metric.when_down:
        for values, value in metric.series(snapshot):
            yield (snapshot.source, *values), value
