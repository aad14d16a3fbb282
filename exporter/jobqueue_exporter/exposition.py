"""Snapshots as a scrape's answer, in the text format or OpenMetrics."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import Metric as Family
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from jobqueue_exporter import catalog, utf8
from jobqueue_exporter.catalog import ExporterFacts, Metric, Type
from jobqueue_exporter.model import BUCKETS, Distribution, Snapshot

__all__ = ["ExporterFacts", "gzipped", "preferred", "render"]

_BOUNDS = (*(str(float(bound)) for bound in BUCKETS), "+Inf")
_VERSIONS = {"application/openmetrics-text": ("1.0.0",), "text/plain": ("0.0.4", "1.0.0")}
_UNITS = ("seconds", "ratio")


def render(snapshots: Sequence[Snapshot], *, accept: str, exporter: ExporterFacts) -> tuple[bytes, str]:
    """The body of a scrape and its content type, for a client that sent this Accept header.

    Each family stands once, with all sources; of two snapshots of one source the last counts.
    """
    by_source = {snapshot.source: snapshot for snapshot in snapshots}
    encode, content_type = choose_encoder(preferred(accept))
    return encode(_Families(tuple(by_source.values()), exporter)), content_type


def gzipped(body: bytes) -> bytes:
    """The body, compressed at the level that costs next to nothing and saves nearly as much as any."""
    return gzip.compress(body, compresslevel=1, mtime=0)


class _Families(Collector):
    """One scrape. Families are made one at a time, so that the samples of only one are in memory."""

    def __init__(self, snapshots: Sequence[Snapshot], exporter: ExporterFacts) -> None:
        self._snapshots = snapshots
        self._exporter = exporter

    def collect(self) -> Iterator[Family]:
        for metric in catalog.SOURCE_METRICS:
            series = (found for snapshot in self._snapshots for found in catalog.told(metric, snapshot))
            yield from _family(metric, series)
        for own in catalog.EXPORTER_METRICS:
            yield from _family(own, own.series(self._exporter))


def _family(metric: Metric[Snapshot] | Metric[ExporterFacts], series: Iterable[catalog.Series]) -> Iterator[Family]:
    """The family, or nothing where no series is known. One label set has one value, whatever was read."""
    found = {tuple(map(utf8.valid, labels)): value for labels, value in series}
    if not found:
        return
    family = _empty(metric)
    for labels, value in found.items():
        if isinstance(family, HistogramMetricFamily):
            assert isinstance(value, Distribution)
            family.add_metric(labels, _cumulative(value), value.seconds)
        elif isinstance(family, InfoMetricFamily):
            family.add_metric(labels, {})
        else:
            assert not isinstance(value, Distribution)
            family.add_metric(labels, value)
    yield family


def _empty(
    metric: Metric[Snapshot] | Metric[ExporterFacts],
) -> GaugeMetricFamily | CounterMetricFamily | HistogramMetricFamily | InfoMetricFamily:
    name, text, labels = metric.name, metric.help, metric.labels
    unit = next((unit for unit in _UNITS if name.endswith(f"_{unit}")), "")
    match metric.type:
        case Type.GAUGE:
            return GaugeMetricFamily(name, text, labels=labels, unit=unit)
        case Type.COUNTER:
            return CounterMetricFamily(name, text, labels=labels)
        case Type.HISTOGRAM:
            return HistogramMetricFamily(name, text, labels=labels, unit=unit)
        case Type.INFO:
            return InfoMetricFamily(name.removesuffix("_info"), text, labels=labels)


def _cumulative(distribution: Distribution) -> list[tuple[str, float]]:
    return list(zip(_BOUNDS, accumulate(distribution.counts), strict=True))


def preferred(accept: str) -> str:
    """The format that the client wants most, of those that we speak; else the oldest.

    The library goes by order alone, and fails on a version that is no number.
    """
    best, weight = "", 0.0
    for offer in accept.split(","):
        media, *parameters = (part.strip().lower() for part in offer.split(";"))
        given = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
        versions = _VERSIONS.get(media, ())
        version = given.get("version", versions[0] if versions else "")
        if version in versions and (wanted := _weight(given.get("q", "1"))) > weight:
            best, weight = f"{media};version={version}", wanted
    return best


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
