"""One answer of an API, and the values that paths lead to in it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from functools import lru_cache

import jsonpath

from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Breaker
from jobqueue_exporter.sources.http_answer import Json

_LONGEST_NAME = 200
_OLDEST_AGE = 1e9
"""A number below is an age in seconds, one above a time in Unix seconds: no job is 30 years old."""
_MILLISECONDS = 1e11
"""A time above is in milliseconds."""
_FLAGS = {"true": True, "on": True, "false": False, "off": False}
_BREAKERS = {breaker.replace("_", ""): breaker for breaker in Breaker}
_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}


class Document:
    """The JSON of one answer. `now` is Unix seconds on the clock by which its times are judged.

    Paths that lead nowhere are gathered in `missing`, and in `numbers` each number that was found. All
    methods return None where the path leads nowhere or to null, and raise Refused where it leads to a value
    of another type.
    """

    def __init__(self, place: str, found: Json, now: float, may_lack: Collection[str] = ()) -> None:
        self._place = place
        self._found = found
        self._now = now
        self._may_lack = may_lack
        self.missing: dict[str, None] = {}
        self.numbers: list[float] = []
        self.hits = 0

    @property
    def root(self) -> Json:
        """Where paths start that start at no item."""
        return self._found

    def items(self, path: str) -> list[Json] | None:
        """The items of a list."""
        found = self._first(path, self._found)
        if found is not None and not isinstance(found, list):
            raise self._wrong(path, found, "a list")
        if found is not None:
            self.numbers.append(len(found))
        return found

    def count(self, path: str, start: Json) -> int | None:
        """A number of jobs; of a list the number of its items."""
        found = self._first(path, start)
        if isinstance(found, list):
            found = len(found)
        number = self._number(path, found, "a number of jobs")
        if number is not None and number != int(number):
            raise Refused(f"{self._place}: {path} is {number:g}, expected a whole number")
        return None if number is None else int(number)

    def number(self, path: str, start: Json) -> float | None:
        """A number that is not negative."""
        return self._number(path, self._first(path, start), "a number that is not negative")

    def age(self, path: str, start: Json) -> float | None:
        """Seconds since then, never below 0; of several values the oldest counts."""
        return max((self._age(path, value) for value in self._all(path, start) if value is not None), default=None)

    def time(self, path: str, start: Json) -> float | None:
        """Unix seconds."""
        found = self._first(path, start)
        return None if found is None else self._time(path, found)

    def flag(self, path: str, start: Json) -> bool | None:
        """Yes or no; also as the words true, false, on and off."""
        found = self._first(path, start)
        value = _FLAGS.get(found.strip().lower()) if isinstance(found, str) else found
        if not isinstance(value, bool) and found is not None:
            raise self._wrong(path, found, "true or false")
        return value if isinstance(value, bool) else None

    def breaker(self, path: str, start: Json) -> Breaker | None:
        """The state of a circuit breaker, however it is spelt."""
        found = self._first(path, start)
        if found is None:
            return None
        word = found.lower().replace("-", "").replace("_", "").strip() if isinstance(found, str) else ""
        if word not in _BREAKERS:
            raise self._wrong(path, found, "closed, open or half-open")
        return _BREAKERS[word]

    def text(self, path: str, start: Json) -> str | None:
        """Text, or a number as text."""
        found = self._first(path, start)
        if isinstance(found, list | dict | bool):
            raise self._wrong(path, found, "text")
        return None if found is None else str(found)

    def name(self, text_or_path: str, start: Json, otherwise: str = "") -> str:
        """What a path leads to, or the text as it is where it is no path; cut to a bearable length."""
        found = self.text(text_or_path, start) if text_or_path.startswith("$") else text_or_path
        return (found or otherwise)[:_LONGEST_NAME]

    def _first(self, path: str, start: Json) -> Json:
        return next(self._all(path, start), None)

    def _all(self, path: str, start: Json) -> Iterator[Json]:
        """What the path leads to; the first of its alternatives that leads somewhere has its way."""
        hits = self.hits
        for found in _reached(self._place, path, start):
            self.hits += 1
            yield found
        if self.hits == hits and path not in self._may_lack:
            self.missing[path] = None

    def _number(self, path: str, found: Json, wanted: str) -> float | None:
        if found is None:
            return None
        try:
            # Some drivers of databases give large numbers as text.
            number = math.nan if isinstance(found, bool | list | dict) else float(found)
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise self._wrong(path, found, wanted)
        if number < 0:
            raise Refused(f"{self._place}: {path} is {number:g}, expected {wanted}")
        self.numbers.append(number)
        return number

    def _age(self, path: str, found: Json) -> float:
        if isinstance(found, int | float) and not isinstance(found, bool) and found < _OLDEST_AGE:
            return self._number(path, found, "an age or a time") or 0.0
        return max(0.0, self._now - self._time(path, found))

    def _time(self, path: str, found: Json) -> float:
        if isinstance(found, str):
            try:
                time = datetime.fromisoformat(found)
                return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
            except (ValueError, OverflowError):
                raise self._wrong(path, found, "a time, as in 2026-01-31T12:00:00Z") from None
        if isinstance(found, bool | list | dict) or found is None or not math.isfinite(found) or found < 0:
            raise self._wrong(path, found, "a time")
        return found / 1000 if found >= _MILLISECONDS else float(found)

    def _wrong(self, path: str, found: Json, wanted: str) -> Refused:
        return Refused(f"{self._place}: {path} is {_KINDS.get(type(found), 'nothing')}, expected {wanted}")


def _reached(place: str, path: str, start: Json) -> Iterator[Json]:
    """What the path leads to. The library would take text for JSON that it has to read first."""
    if not isinstance(start, dict | list):
        yield from [start] if path == "$" else []
        return
    try:
        for match in _compiled(path).finditer(start):
            yield match.obj  # type: ignore[misc]  # a part of JSON, which the library knows as object
    except jsonpath.JSONPathError as error:
        raise Refused(f"{place}: {path}: {error.message}") from None


@lru_cache(1024)
def _compiled(path: str) -> jsonpath.JSONPath | jsonpath.CompoundJSONPath:
    return jsonpath.compile(path)
