"""Aggregation of series, by some of their labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from jobqueue_exporter.bundle.instant.vectors import Key, Names, Vector, picker

_Fold = Callable[[list[float]], float]


def _extreme(best: Callable[[Iterable[float]], float]) -> _Fold:
    """Values that are no number only count where there are no others."""
    return lambda values: best([value for value in values if not math.isnan(value)] or values)


_FOLDS: Mapping[str, _Fold] = {
    "max": _extreme(max),
    "min": _extreme(min),
    "sum": lambda values: sum(values, 0.0),
    "count": lambda values: float(len(values)),
    "avg": lambda values: sum(values) / len(values),
    "group": lambda values: 1.0,
}
_OF_ONE_ITSELF = ("max", "min", "sum", "avg")


def folded(name: str, vector: Vector, names: Names) -> Vector:
    """`name by (names)`. A group that is not known whole may have any value; one of an operator that is not known
    here too."""
    kept = tuple(each for each in vector.names if each in names)
    if kept == vector.names and name in _OF_ONE_ITSELF and not vector.open:
        return vector
    pick = picker(vector.names, kept)
    groups: dict[Key, list[float]] = {}
    for key, value in vector.rows.items():
        groups.setdefault(pick(key), []).append(value)
    unclear = {pick(key) for key in vector.maybe}
    fold = _FOLDS.get(name)
    if fold is None or vector.open:
        return Vector(kept, {}, unclear | groups.keys(), vector.open)
    rows = {key: fold(values) for key, values in groups.items() if key not in unclear}
    return Vector(kept, rows, unclear, vector.open)


def largest(vector: Vector, names: Names, count: float | None) -> Vector:
    """`topk by (names) (count, …)`: series keep all their labels. Which of those that are equal Prometheus takes
    cannot be told."""
    if count is None or vector.open or math.isnan(count):
        return vector.doubted()
    pick = picker(vector.names, tuple(each for each in vector.names if each in names))
    unclear = {pick(key) for key in vector.maybe}
    groups: dict[Key, list[Key]] = {}
    for key in vector.rows:
        groups.setdefault(pick(key), []).append(key)
    rows: dict[Key, float] = {}
    maybe = set(vector.maybe)
    for group, keys in groups.items():
        if len(keys) <= count and group not in unclear:
            rows.update((key, vector.rows[key]) for key in keys)
        elif count >= 1:
            maybe.update(keys)
            certain = () if group in unclear else _certain(vector, keys, int(count))
            maybe.difference_update(keys if certain else ())
            rows.update((key, vector.rows[key]) for key in certain)
    return Vector(vector.names, rows, maybe)


def _certain(vector: Vector, keys: list[Key], count: int) -> tuple[Key, ...]:
    """The `count` largest, none where it depends on which of equal ones are taken."""
    if any(math.isnan(vector.rows[key]) for key in keys):
        return ()
    ordered = sorted(keys, key=lambda key: -vector.rows[key])
    clear = vector.rows[ordered[count - 1]] > vector.rows[ordered[count]]
    return tuple(ordered[:count]) if clear else ()
