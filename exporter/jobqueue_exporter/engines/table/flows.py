"""What happened to jobs lately, minute by minute: a recount that the ledger turns into totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg.sql import Literal

from jobqueue_exporter.engines.table.jobs import lane
from jobqueue_exporter.model import Flow, FlowCount, FlowWindow
from jobqueue_exporter.sources.postgres import Row

LONGEST_WINDOW_SECONDS = 3600.0
_MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Span:
    """Whole minutes to recount, in Unix seconds on the source's clock."""

    start: float
    end: float

    @property
    def where(self) -> str:
        """The condition on a column, as a template: it is compared as it is, so that its index serves."""
        return f"{{0}} >= to_timestamp({self.start!r}) AND {{0}} <= to_timestamp({self.end!r})"


def span(end: float, since: float | None, late_commit: float) -> Span:
    """What to recount: the last `late_commit` seconds, and after an outage all since the last recount
    (an hour at most), since a row dated by the start of its transaction may appear that much later."""
    reach = min(end, since if since is not None else end) - late_commit
    start = max(reach, end - late_commit - LONGEST_WINDOW_SECONDS)
    return Span(start // _MINUTE * _MINUTE, end)


def minute(column: str) -> str:
    """The Unix minute of a time column."""
    return f"floor(date_part('epoch', {column}) / 60)::bigint"


def bucket(seconds: str, thresholds: tuple[float, ...]) -> str:
    """The index of the first threshold that is not exceeded. Negated, because width_bucket's upper
    bounds are exclusive and a histogram's `le` is not."""
    bounds = ", ".join(repr(-bound) for bound in reversed(thresholds))
    return f"{len(thresholds)} - width_bucket(-({seconds})::float8, ARRAY[{bounds}]::float8[])"


def duration(start: str, end: str) -> str:
    """Seconds between two time columns, never below 0."""
    return f"greatest(0, date_part('epoch', {end}) - date_part('epoch', {start}))"


def window(rows: list[Row], span_read: Span, tells: frozenset[Flow], default_queue: str) -> FlowWindow:
    """The window that rows of (minute, queue, kind, flow, bucket, count, seconds) make."""
    counts: dict[tuple[object, ...], FlowCount] = {}
    for at, queue, kind, flow, index, count, seconds in rows:
        found = FlowCount(at, lane(queue, kind, default_queue), Flow(flow), count, index, seconds)
        key = (found.minute, found.lane, found.flow, found.bucket)
        counts[key] = _joined(counts.get(key), found)
    return FlowWindow(start=span_read.start, end=span_read.end, tells=tells, counts=tuple(counts.values()))


def _joined(one: FlowCount | None, other: FlowCount) -> FlowCount:
    """Both counts in one: cutting long labels, or two ways to the same flow, may bring a key twice."""
    if one is None:
        return other
    return FlowCount(
        other.minute,
        other.lane,
        other.flow,
        one.count + other.count,
        other.bucket,
        one.seconds + other.seconds,
    )


def by_words(words: Mapping[Flow, tuple[str, ...]]) -> str:
    """A VALUES list of (stage, flow), for joining events with what they mean."""
    return ", ".join(f"({Literal(word).as_string()}, '{flow}')" for flow, group in words.items() for word in group)
