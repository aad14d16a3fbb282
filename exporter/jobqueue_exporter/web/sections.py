"""Reads a part of the web configuration key by key, and collects what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from jobqueue_exporter.config.nodes import Problem, Where

T = TypeVar("T", str, bool, int)

_NAMES = {str: "a string", bool: "true or false", int: "a whole number", list: "a list", dict: "a mapping"}


class Section:
    """One mapping of the file. A key that holds nothing counts as left out, as it does in Go."""

    def __init__(self, data: object, where: Where, problems: list[Problem]) -> None:
        self.problems = problems
        self._where = where
        self._data: Mapping[str, object] = {}
        if isinstance(data, Mapping):
            self._data = data
        elif data is not None:
            self.wrong("", f"expected {_NAMES[dict]}")

    def __contains__(self, key: str) -> bool:
        return self._data.get(key) is not None

    def __bool__(self) -> bool:
        return any(key in self for key in self._data)

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def wrong(self, key: str, text: str) -> None:
        """Something is wrong with the value of `key`, or with the whole section when that is empty."""
        self.problems.append(Problem((*self._where, key) if key else self._where, text))

    def only(self, *known: str) -> None:
        """Every other key is wrong."""
        for key in self._data:
            if key not in known:
                self.wrong(key, f"no such key; there are: {', '.join(known)}")

    def section(self, key: str) -> Section:
        """The mapping under `key`; empty when there is none."""
        return Section(self._data.get(key), (*self._where, key), self.problems)

    def raw(self, key: str) -> object:
        """The value of `key`, of whatever kind; None when it is not there."""
        return self._data.get(key)

    def get(self, key: str, kind: type[T], default: T) -> T:
        """The value of `key`, or `default` when it is not there or of another kind."""
        value = self._data.get(key)
        if value is None:
            return default
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        self.wrong(key, f"expected {_NAMES[kind]}")
        return default

    def strings(self, key: str) -> tuple[str, ...]:
        """The list of strings under `key`; empty when it is not there or something else."""
        value = self._data.get(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self.wrong(key, "expected a list of strings")
        return ()
