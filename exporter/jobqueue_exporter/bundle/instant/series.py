"""The series of the present, as /metrics has them of each source."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from jobqueue_exporter import catalog, utf8
from jobqueue_exporter.bundle.instant.vectors import Key, Names, Vector, picker
from jobqueue_exporter.bundle.selectors import Selected
from jobqueue_exporter.catalog import SOURCE_METRICS, Type
from jobqueue_exporter.model import Distribution, Snapshot

METRICS = {metric.name: metric for metric in SOURCE_METRICS if metric.type is not Type.HISTOGRAM}
_Test = Callable[[str], bool]


class Present:
    """What snapshots tell. Of two of one source the last counts."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self._snapshots = tuple({snapshot.source: snapshot for snapshot in snapshots}.values())
        self._metrics: dict[str, Vector] = {}

    def vector(self, selected: Selected) -> Vector:
        """The series that are selected; none are left open. See `tellable`."""
        every = self._every(selected.metric)
        tests = [(every.names.index(name), _test(operator, value)) for name, operator, value in selected.matchers]
        rows = every.rows
        for place, test in tests:
            rows = {key: value for key, value in rows.items() if test(key[place])}
        return Vector(every.names, rows)

    def _every(self, name: str) -> Vector:
        if (known := self._metrics.get(name)) is None:
            metric = METRICS[name]
            rows: dict[Key, float] = {}
            for snapshot in self._snapshots:
                for labels, value in catalog.told(metric, snapshot):
                    assert not isinstance(value, Distribution)
                    rows[tuple([str(utf8.valid(label)) for label in labels])] = float(value)
            known = self._metrics[name] = Vector(metric.labels, rows)
        return known


def tellable(selected: Selected) -> bool:
    """Whether snapshots tell which series these are: the metric is one of a source and is no histogram, each label
    that is held to something is its own, and we read the expressions that hold it as Prometheus does."""
    metric = METRICS.get(selected.metric)
    return metric is not None and all(
        name in metric.labels and (operator in ("=", "!=") or readable(value))
        for name, operator, value in selected.matchers
    )


def renamed(vector: Vector, names: Names) -> Vector:
    """The same series, their labels in this order; those that are not named must be empty."""
    if vector.names == names:
        return vector
    pick = picker(vector.names, names)
    rows = {pick(key): value for key, value in vector.rows.items()}
    return Vector(names, rows, {pick(key) for key in vector.maybe}, vector.open)


def _test(operator: str, value: str) -> _Test:
    if operator == "=":
        return lambda label: label == value
    if operator == "!=":
        return lambda label: label != value
    pattern = _pattern(value)
    if operator == "=~":
        return lambda label: pattern.fullmatch(label) is not None
    return lambda label: pattern.fullmatch(label) is None


def readable(pattern: str) -> bool:
    """Whether it means here what it means to RE2: sets such as [[:alpha:]] and flags do not."""
    if re.search(r"\[:|\(\?|\\[pPQECzAZ]", pattern.replace("(?:", "(")):
        return False
    try:
        _pattern(pattern)
    except re.error:
        return False
    return True


@lru_cache(maxsize=256)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)
