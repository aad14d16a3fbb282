"""The whole minutes of which what happened is counted again, and what SQL needs to sort events into them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from jobqueue_exporter.engines.sql.relation import Column, Type

LONGEST_WINDOW_SECONDS = 3600.0
MINUTE = 60
_EPOCH_UNITS = (1, 10**3, 10**6, 10**9)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole minutes to recount, in Unix seconds on the source's clock."""

    start: float
    end: float

    def covers(self, column: Column) -> str:
        """The condition that a column is in the span; it is compared as it is, so that its index serves."""
        if column.type is not Type.NUMBER:
            return f"{column.sql} >= to_timestamp({self.start!r}) AND {column.sql} <= to_timestamp({self.end!r})"
        first, last = math.floor(self.start), math.ceil(self.end)
        ranges = (f"{column.sql} BETWEEN {first * unit} AND {last * unit}" for unit in _EPOCH_UNITS)
        return f"({' OR '.join(ranges)})"


def span(end: float, since: float | None, late_commit: float) -> Span:
    """What to recount: the last `late_commit` seconds, and after an outage all since the last recount
    (an hour at most), since a row dated by the start of its transaction may appear that much later."""
    reach = min(end, since if since is not None else end) - late_commit
    start = max(reach, end - late_commit - LONGEST_WINDOW_SECONDS)
    return Span(start // MINUTE * MINUTE, end)


def minute(moment: str) -> str:
    """The Unix minute of a moment."""
    return f"floor(date_part('epoch', {moment}) / {MINUTE})::bigint"


def bucket(seconds: str, thresholds: tuple[float, ...]) -> str:
    """The index of the first threshold that is not exceeded. Negated, because width_bucket's upper
    bounds are exclusive and a histogram's `le` is not."""
    bounds = ", ".join(repr(-bound) for bound in reversed(thresholds))
    return f"{len(thresholds)} - width_bucket(-({seconds})::float8, ARRAY[{bounds}]::float8[])"


def seconds(start: str, end: str) -> str:
    """Seconds from one moment to a later one, else NULL. The difference is taken first, since the epoch of a
    moment is a float that cannot hold its microseconds."""
    return (
        f"CASE WHEN isfinite({start}) AND isfinite({end}) AND {start} <= {end}\n"
        f"     THEN date_part('epoch', {end} - {start}) END"
    )
