"""What is said of alerts and can mean nothing to Prometheus."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from jobqueue_exporter.config import duration
from jobqueue_exporter.config.nodes import Problem, Where

OURS = ("alertname", "severity", "alert_type", "source", "queue", "kind", "owner", "override", "job", "instance")
_LABEL = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*")


def label_name(text: str) -> str | None:
    """What is wrong with the name of a label that is added to ours."""
    if not _LABEL.fullmatch(text):
        return f"`{text}`: expected the name of a label: letters, digits and `_`, no digit and no `__` first"
    return f"`{text}` is a label of ours; take another name" if text in OURS else None


def problems(alerts: object) -> Iterator[Problem]:
    """The problems of `alerts:`."""
    data = _mapping(alerts)
    keep = data.get("keep_labels")
    for index, name in enumerate(keep if isinstance(keep, list) else ()):
        if isinstance(name, str) and (wrong := label_name(name)):
            yield Problem(("alerts", "keep_labels", index), wrong)
    for name, rule in _mapping(data.get("rules")).items():
        where = ("alerts", "rules", name)
        yield from _change(_mapping(rule), where)
        yield from _overrides(_mapping(rule).get("overrides"), (*where, "overrides"))


def _overrides(overrides: object, where: Where) -> Iterator[Problem]:
    first: dict[tuple[object, ...], int] = {}
    for index, override in enumerate(overrides if isinstance(overrides, list) else ()):
        yield from _change(_mapping(override), (*where, index))
        match = _mapping(_mapping(override).get("match"))
        parts = tuple(str(match.get(key, "*")) for key in ("source", "queue", "kind"))
        if "match" in _mapping(override) and set(parts) == {"*"}:
            yield Problem((*where, index, "match"), "this matches all; what is for all stands beside `overrides`")
        elif first.setdefault(parts, index) != index:
            text = f"overrides[{first[parts]}] has the same match and wins; this one never counts"
            yield Problem((*where, index, "match"), text)


def _change(change: Mapping[str, object], where: Where) -> Iterator[Problem]:
    named = [((*where, "thresholds", name), value) for name, value in _mapping(change.get("thresholds")).items()]
    for place, value in [((*where, "threshold"), change.get("threshold")), *named]:
        if isinstance(value, str) and (wrong := _threshold(value)):
            yield Problem(place, wrong)
    for label in _mapping(change.get("labels")):
        if wrong := label_name(label):
            yield Problem((*where, "labels", label), wrong)


def _threshold(text: str) -> str | None:
    try:
        duration.seconds(text, zero=True)
    except ValueError:
        return f"{text!r}: expected a number, or a duration such as 30s, 10m or 2h"
    return None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
