"""The present values of the series that an alert looks at, for one lane."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jobqueue_exporter import catalog
from jobqueue_exporter.bundle.selectors import Selected
from jobqueue_exporter.catalog import SOURCE_METRICS
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.durations import human
from jobqueue_exporter.model import Distribution, Snapshot

MOST_SERIES = 20
_METRICS = {metric.name: metric for metric in SOURCE_METRICS}
_NOT_NUMBERS = frozenset({"jobqueue_queue_info", "jobqueue_source_info"})


@dataclass(frozen=True, slots=True)
class Value:
    """A series, written without the labels of the lane, and its value in words."""

    series: str
    value: str


def values(selected: tuple[Selected, ...], snapshot: Snapshot, lane: Mapping[str, str]) -> tuple[Value, ...]:
    """What a snapshot tells of these series, as /metrics has it, for labels that are as `lane` says where there are
    such; at most MOST_SERIES of each."""
    found: dict[Value, None] = {}
    for each in selected:
        if each.metric in _METRICS and each.metric not in _NOT_NUMBERS:
            found |= dict.fromkeys(_first(_values(each, snapshot, lane)))
    return tuple(found)


def _values(selected: Selected, snapshot: Snapshot, lane: Mapping[str, str]) -> Iterator[Value]:
    metric = _METRICS[selected.metric]
    for told, value in catalog.told(metric, snapshot):
        labels = dict(zip(metric.labels, told, strict=True))
        wanted = all(labels[name] == lane[name] for name in LANE if name in labels and name in lane)
        if wanted and not isinstance(value, Distribution) and _passes(labels, selected):
            yield Value(_series(metric.name, labels, lane), _words(metric.name, value))


def _first(found: Iterator[Value]) -> Iterator[Value]:
    for count, value in enumerate(found):
        if count == MOST_SERIES:
            return
        yield value


def _passes(labels: Mapping[str, str], selected: Selected) -> bool:
    for name, operator, value in selected.matchers:
        if name not in labels:
            continue  # labels that Prometheus gives
        equal = labels[name] == value if operator in ("=", "!=") else re.fullmatch(value, labels[name]) is not None
        if equal is operator.startswith("!"):
            return False
    return True


def _series(name: str, labels: Mapping[str, str], lane: Mapping[str, str]) -> str:
    rest = ", ".join(f'{label}="{value}"' for label, value in labels.items() if label not in lane)
    return f"{name}{{{rest}}}" if rest else name


def _words(name: str, value: float) -> str:
    if name.endswith("_timestamp_seconds"):
        return f"{human(time.time() - value)} ago"
    if name.endswith("_seconds"):
        return human(value)
    return f"{value:.1%}" if name.endswith("_ratio") else f"{value:,.15g}"
