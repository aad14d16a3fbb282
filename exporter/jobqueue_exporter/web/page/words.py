"""Numbers, times and names of the page in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from jobqueue_exporter import durations

CANNOT_TELL = "cannot tell"
LONGEST_NAME = 120
_JOINER = "\N{ZERO WIDTH JOINER}"


def name(text: str) -> str:
    """A name in one printable line, whatever a source calls it, and not longer than LONGEST_NAME."""
    cut = text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() or c == _JOINER else "\N{REPLACEMENT CHARACTER}" for c in cut)


def lines(text: str) -> str:
    """Text of several lines, with nothing in it that cannot be written or that hides in print."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" + _JOINER else "\N{REPLACEMENT CHARACTER}" for c in text)


def count(number: int | None, *, least: bool = False) -> str:
    """How many; with `least` there may be more."""
    return CANNOT_TELL if number is None else f"{'≥ ' if least else ''}{number:,}"


def many(number: int, noun: str) -> str:
    """How many of what, as in 1 queue or 2 queues."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def age(seconds: float | None) -> str:
    """A span of time."""
    return CANNOT_TELL if seconds is None else durations.human(seconds)


def total(numbers: Iterable[int | None]) -> int | None:
    """The sum of those that are known; None where none is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def machine(seconds: float) -> str:
    """A moment for machines: ISO 8601, in UTC."""
    return _utc(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(seconds: float, *, now: float) -> str:
    """A moment for people, in UTC; with its date where that is not today's."""
    moment = _utc(seconds)
    day = "" if moment.date() == _utc(now).date() else "%Y-%m-%d "
    return moment.strftime(f"{day}%H:%M:%S UTC")


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
