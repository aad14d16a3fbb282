"""Series with one value each, as far as they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter

Names = tuple[str, ...]
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """Series by some of their labels: which is there (one of them, where `twice` says that there are more), and which
    may be."""

    rows: Mapping[Key, Key]
    maybe: Set[Key]
    twice: bool


@dataclass(frozen=True, slots=True)
class Vector:
    """Series whose labels have these names; an empty value is that of a label that is not there.

    `rows` are there, and have these values. `maybe` may be there, with values that are not known. Where it is `open`,
    there may be others too.
    """

    names: Names
    rows: Mapping[Key, float]
    maybe: Set[Key] = frozenset()
    open: bool = False
    _matches: dict[Names, Matches] = field(default_factory=dict, compare=False, repr=False)

    @property
    def possible(self) -> bool:
        """Whether there may be any series."""
        return self.open or bool(self.rows) or bool(self.maybe)

    def matches(self, names: Names) -> Matches:
        """Its series by the labels of these names. Worked out once."""
        if (known := self._matches.get(names)) is not None:
            return known
        pick = picker(self.names, names)
        rows = {pick(key): key for key in self.rows}
        found = Matches(rows, {pick(key) for key in self.maybe}, len(rows) < len(self.rows))
        self._matches[names] = found
        return found

    def mapped(self, change: Callable[[float], float | None]) -> Vector:
        """Each value changed; a series is left out where `change` returns None."""
        changed = ((key, change(value)) for key, value in self.rows.items())
        return Vector(self.names, {key: value for key, value in changed if value is not None}, self.maybe, self.open)

    def doubted(self) -> Vector:
        """The same series, none of which is certain."""
        return Vector(self.names, {}, self.maybe | self.rows.keys(), self.open)

    def labels(self, key: Key) -> dict[str, str]:
        """The labels of a series by name."""
        return {name: value for name, value in zip(self.names, key, strict=True) if value}


UNKNOWN = Vector((), {}, open=True)
"""Of which nothing is known."""


def empty(names: Names = ()) -> Vector:
    """No series at all."""
    return Vector(names, {})


@lru_cache(maxsize=1024)
def picker(names: Names, wanted: Names) -> Callable[[Key], Key]:
    """Takes from a key of `names` the values of the `wanted` ones, empty where there is no such name."""
    if names == wanted:
        return lambda key: key
    if not wanted:
        return lambda key: ()
    if not set(wanted) <= set(names):
        places = [names.index(name) if name in names else None for name in wanted]
        return lambda key: tuple("" if place is None else key[place] for place in places)
    if len(wanted) == 1:
        only = names.index(wanted[0])
        return lambda key: (key[only],)
    return itemgetter(*(names.index(name) for name in wanted))
