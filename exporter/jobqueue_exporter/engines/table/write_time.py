"""The present moment as a column of times holds it."""

from __future__ import annotations

from collections.abc import Iterable

from jobqueue_exporter.engines.sql.relation import Column, Type

# A smaller number than this is no moment of our time, whatever its unit.
_LEAST = "1e8"


def now_in(column: Column, beside: Iterable[Column] = ()) -> str:
    """Now in SQL, for this column. A number is written in the unit in which the row's own value is read, else in that
    of the times `beside` it in the same row, else in seconds."""
    if column.type is not Type.NUMBER:
        return "now()"
    if column.declared == "integer":
        return "floor(date_part('epoch', now()))::integer"
    others = [other.sql for other in beside if other.type is Type.NUMBER and other.name != column.name]
    known = f"CASE WHEN {column.sql} > {_LEAST} THEN {column.sql} END"
    return at_scale_of(f"coalesce({known}, greatest({', '.join(others)}))" if others else known, column)


def at_scale_of(sample: str, column: Column) -> str:
    """Now as a number of the unit that puts a sample nearest to our time."""
    return (
        "floor(date_part('epoch', now())::numeric *\n"
        f"      (SELECT CASE WHEN v >= 1e17 THEN 1e9 WHEN v >= 1e14 THEN 1e6 WHEN v >= 1e11 THEN 1e3 ELSE 1 END\n"
        f"       FROM (SELECT {sample} AS v) AS sample))::{column.declared}"
    )
