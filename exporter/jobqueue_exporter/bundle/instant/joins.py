"""Operators between two vectors, as Prometheus matches their series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobqueue_exporter.bundle.instant.series import renamed
from jobqueue_exporter.bundle.instant.vectors import UNKNOWN, Key, Names, Vector, empty, picker

Operation = Callable[[float, float], float | None]
"""What comes of two values; None: nothing, as of a comparison that does not hold."""


@dataclass(frozen=True, slots=True)
class Matching:
    """By which labels series are matched: by those of `names`, or by all others where it is not `on`.

    `many`: the side of which several series may match one of the other, `left` or `right`, and empty where none may;
    `added`: the labels that it takes from the other side.
    """

    names: Names = ()
    on: bool = False
    many: str = ""
    added: Names = ()

    def shared(self, left: Vector, right: Vector) -> Names:
        """The names of the labels that are compared."""
        if self.on:
            return self.names
        return tuple(name for name in _all_names(left, right) if name not in self.names)


def both(left: Vector, right: Vector, matching: Matching) -> Vector:
    """`left and right`."""
    shared = matching.shared(left, right)
    found, pick = right.matches(shared), picker(left.names, shared)
    rows, maybe = {}, set()
    for key, value in left.rows.items():
        match = pick(key)
        if match in found.rows:
            rows[key] = value
        elif right.open or match in found.maybe:
            maybe.add(key)
    maybe.update(key for key in left.maybe if right.open or pick(key) in found.rows or pick(key) in found.maybe)
    return Vector(left.names, rows, maybe, left.open and right.possible)


def without(left: Vector, right: Vector, matching: Matching) -> Vector:
    """`left unless right`."""
    if not right.possible:
        return left
    shared = matching.shared(left, right)
    found, pick = right.matches(shared), picker(left.names, shared)
    rows, maybe = {}, {key for key in left.maybe if pick(key) not in found.rows}
    for key, value in left.rows.items():
        match = pick(key)
        if match in found.rows:
            continue
        if right.open or match in found.maybe:
            maybe.add(key)
        else:
            rows[key] = value
    return Vector(left.names, rows, maybe, left.open)


def either(left: Vector, right: Vector, matching: Matching) -> Vector:
    """`left or right`."""
    names = _all_names(left, right)
    shared = matching.shared(left, right)
    left, right = renamed(left, names), renamed(right, names)
    found, pick = left.matches(shared), picker(names, shared)
    rows, maybe = dict(left.rows), set(left.maybe)
    for key, value in right.rows.items():
        match = pick(key)
        if match in found.rows:
            continue
        if left.open or match in found.maybe:
            maybe.add(key)
        else:
            rows[key] = value
    maybe.update(key for key in right.maybe if pick(key) not in found.rows)
    return Vector(names, rows, maybe, left.open or right.open)


def paired(left: Vector, right: Vector, matching: Matching, operation: Operation) -> Vector:
    """An operator that takes a series of each side. What Prometheus refuses is unknown: several that match one."""
    if not left.possible or not right.possible:
        return empty()
    shared = matching.shared(left, right)
    if matching.many == "right":
        return _Pairs(right, left, shared, matching, lambda many, one: operation(one, many)).result()
    return _Pairs(left, right, shared, matching, operation).result()


class _Pairs:
    """Pairs of each series of `many` with the one that it matches."""

    def __init__(self, many: Vector, one: Vector, shared: Names, matching: Matching, operation: Operation) -> None:
        self._many, self._one, self._shared, self._matching, self._operation = many, one, shared, matching, operation
        self._found = one.matches(shared)
        self._pick = picker(many.names, shared)
        self._own = self._kept()
        self._take = picker(many.names, self._own)
        self._add = picker(one.names, matching.added)
        self._names = (*self._own, *matching.added)

    def result(self) -> Vector:
        if self._found.twice:
            return UNKNOWN
        rows: dict[Key, float] = {}
        unclear = set(self._many.maybe)
        for key, value in self._many.rows.items():
            match = self._pick(key)
            if (other := self._found.rows.get(match)) is None:
                unclear.add(key)
            elif (result := self._operation(value, self._one.rows[other])) is not None:
                made = (*self._take(key), *self._add(other))
                if made in rows:
                    return UNKNOWN
                rows[made] = result
        return self._with(rows, unclear)

    def _with(self, rows: dict[Key, float], unclear: set[Key]) -> Vector:
        """With what may come of series that are not certain, or may match one that is not."""
        maybe: set[Key] = set()
        is_open = self._many.open
        for key in unclear:
            match = self._pick(key)
            if (other := self._found.rows.get(match)) is not None:
                maybe.add((*self._take(key), *self._add(other)))
            elif match in self._found.maybe or self._one.open:
                # Labels that it takes from the other side are not known.
                is_open = is_open or bool(self._matching.added)
                maybe.add((*self._take(key), *("" for _ in self._matching.added)))
        if not rows.keys().isdisjoint(maybe):
            return UNKNOWN
        return Vector(self._names, rows, maybe, is_open)

    def _kept(self) -> Names:
        """The labels of `many` that the result has."""
        if self._matching.many:
            return tuple(name for name in self._many.names if name not in self._matching.added)
        return tuple(name for name in self._many.names if name in self._shared)


def _all_names(left: Vector, right: Vector) -> Names:
    return (*left.names, *(name for name in right.names if name not in left.names))
