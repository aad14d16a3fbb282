"""Metrics of the reading itself: can each source be read, at what cost, and what can it tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jobqueue_exporter.catalog.metric import SOURCE, Metric, Type
from jobqueue_exporter.model import CollectorStatus, Snapshot

Read = Iterator[tuple[tuple[str, ...], float | None]]

_COLLECTOR = (*SOURCE, "collector")


def _info(snapshot: Snapshot) -> Read:
    if snapshot.engine:
        yield (snapshot.engine, snapshot.facts.version or ""), 1


def _notices(snapshot: Snapshot) -> int | None:
    found = snapshot.facts.notices
    return None if found is None else len(set(found))


def _one(field: Callable[[Snapshot], float | None]) -> Callable[[Snapshot], Read]:
    def read(snapshot: Snapshot) -> Read:
        yield (), field(snapshot)

    return read


def _signals(snapshot: Snapshot) -> Read:
    for signal, available in snapshot.signals.items():
        yield (signal,), available


def _folded(snapshot: Snapshot) -> Read:
    for label, count in snapshot.folded.items():
        yield (label,), count


def _of_collector(field: Callable[[CollectorStatus], float | None]) -> Callable[[Snapshot], Read]:
    """Of a source that is down, only the collectors that failed: what the rest found was thrown away."""

    def read(snapshot: Snapshot) -> Read:
        for collector in snapshot.collectors:
            if snapshot.up or not collector.success:
                yield (collector.name,), field(collector)

    return read


METRICS: tuple[Metric[Snapshot], ...] = (
    Metric(
        "jobqueue_source_up",
        Type.GAUGE,
        SOURCE,
        "1 if the source answered and what is read of it every time could be read.",
        _one(lambda snapshot: snapshot.up),
        when_down=True,
    ),
    Metric(
        "jobqueue_source_info",
        Type.INFO,
        (*SOURCE, "engine", "version"),
        "How jobs are kept in the source, and the version that it reports.",
        _info,
    ),
    Metric(
        "jobqueue_source_notices",
        Type.GAUGE,
        SOURCE,
        "Things about the source that a person should look at; the log and `jobqueue doctor` say what.",
        _one(_notices),
    ),
    Metric(
        "jobqueue_source_lag_seconds",
        Type.GAUGE,
        SOURCE,
        "How far the standby that is read lags behind its primary.",
        _one(lambda snapshot: snapshot.facts.lag_seconds),
    ),
    Metric(
        "jobqueue_source_over_budget",
        Type.GAUGE,
        SOURCE,
        "1 if core readings of the source cost more than their share of its time.",
        _one(lambda snapshot: snapshot.over_budget),
        when_down=True,
    ),
    Metric(
        "jobqueue_clock_skew_seconds",
        Type.GAUGE,
        SOURCE,
        "The source's clock minus the exporter's clock.",
        _one(lambda snapshot: snapshot.clock_skew_seconds),
    ),
    Metric(
        "jobqueue_signal_available",
        Type.GAUGE,
        (*SOURCE, "signal"),
        "1 if the source can tell this; 0 if it cannot, and then its series are absent.",
        _signals,
    ),
    Metric(
        "jobqueue_collector_success",
        Type.GAUGE,
        _COLLECTOR,
        "1 if the last run of the collector succeeded.",
        _of_collector(lambda collector: collector.success),
        when_down=True,
    ),
    Metric(
        "jobqueue_collector_duration_seconds",
        Type.GAUGE,
        _COLLECTOR,
        "How long the last run of the collector took.",
        _of_collector(lambda collector: collector.duration_seconds),
        when_down=True,
    ),
    Metric(
        "jobqueue_collector_age_seconds",
        Type.GAUGE,
        _COLLECTOR,
        "How old what the collector tells is, 0 if it ran in this reading.",
        _of_collector(lambda collector: collector.age_seconds),
        when_down=True,
    ),
    Metric(
        "jobqueue_collector_last_success_timestamp_seconds",
        Type.GAUGE,
        _COLLECTOR,
        "When the collector last succeeded; absent if it never has.",
        _of_collector(lambda collector: collector.last_success),
        when_down=True,
    ),
    Metric(
        "jobqueue_label_values_folded",
        Type.GAUGE,
        (*SOURCE, "label"),
        "Values of the label that were past the cap and are told together as _other.",
        _folded,
    ),
)
