"""Dead jobs looked at closely: causes, attempts, and how many died lately."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from jobqueue_exporter.engines.causes import TEXT_LENGTH, Causes
from jobqueue_exporter.engines.sql.relation import Column, Type
from jobqueue_exporter.engines.sql.tally import lane
from jobqueue_exporter.engines.table.dead_letter_table import DeadLetterLayout
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.model import Cause, DeadLetters, Lane, RecoveryState
from jobqueue_exporter.sources.postgres import Row, Session

NEWEST = 1000
WINDOW = "24h"
# What an error written as JSON says of itself, in the order in which people read it.
_SPOKEN = ("code", "message", "reason", "error", "detail")


@dataclass(frozen=True, slots=True)
class Graveyard:
    """Where dead rows are, as SQL: its source, and expressions for each thing we look at.

    `dated` says whether the moment of death is known; `last_seen` only puts deaths in order.
    """

    source: str
    where: str
    lane: str
    died_at: str
    last_seen: str
    attempts: str
    error: str
    dated: bool


def of_jobs(layout: Layout) -> Graveyard:
    """The dead rows of the jobs table itself."""
    lane_columns = f"{layout.label('queue')} AS queue, {layout.label('kind')} AS kind"
    return Graveyard(
        layout.relation.sql,
        layout.state_is("dead_letter"),
        lane_columns,
        layout.died_at,
        layout.last_seen,
        layout.sql("attempts", "NULL::bigint"),
        error_text(layout.errors),
        layout.tells_deaths,
    )


def of_table(layout: DeadLetterLayout) -> Graveyard:
    """The pending rows of a separate dead-letter table."""
    return Graveyard(
        layout.relation.sql,
        layout.status_is(RecoveryState.PENDING),
        layout.lane,
        layout.created_at.finite,
        layout.created_at.finite,
        layout.attempts.sql if layout.attempts else "NULL::bigint",
        error_text((layout.error,) if layout.error else ()),
        True,
    )


def error_text(columns: tuple[Column, ...]) -> str:
    """The start of the first error text that a row has: what its cause is told by."""
    return f"left({whole_error(columns)}, {TEXT_LENGTH})"


def whole_error(columns: tuple[Column, ...]) -> str:
    """The first error text that a row has; of a JSON error its code, message, reason, error and detail, else all of
    it."""
    texts = [_json_text(c.sql) if c.type is Type.JSON else f"nullif({c.sql}, '')" for c in columns]
    return f"coalesce({', '.join(texts)})" if texts else "NULL::text"


def _json_text(column: str) -> str:
    said = ", ".join(f"{column}->>'{key}'" for key in _SPOKEN)
    spoken = f"nullif(concat_ws(' ', {said}), '')"
    return f"coalesce({spoken}, nullif({column}::text, 'null'))"


def summary_query(dead: Graveyard, cap: int) -> str:
    """A row for each lane: how many, how many of them in the last day, their attempts on average, and how many
    died at a time that is not known."""
    return (
        "SELECT queue, kind, count(*), count(*) FILTER (WHERE died_at >= now() - interval '24 hours'),\n"
        "       avg(attempts)::float8, count(*) FILTER (WHERE died_at IS NULL)\n"
        f"FROM (SELECT {dead.lane}, {dead.died_at} AS died_at, {dead.attempts} AS attempts\n"
        f"      FROM {dead.source} WHERE {dead.where} LIMIT {cap + 1}) AS dead\n"
        "GROUP BY queue, kind"
    )


def newest_query(dead: Graveyard, cap: int) -> str:
    """The lane and the error text of the newest dead rows."""
    return (
        "SELECT queue, kind, error\n"
        f"FROM (SELECT {dead.lane}, {dead.last_seen} AS last_seen, {dead.error} AS error\n"
        f"      FROM {dead.source} WHERE {dead.where} LIMIT {cap}) AS dead\n"
        f"ORDER BY last_seen DESC NULLS LAST LIMIT {NEWEST}"
    )


def read(session: Session, dead: Graveyard, rules: Causes, cap: int, queue: str) -> dict[Lane, DeadLetters]:
    """What is known of the dead jobs of each lane that has some. Raises psycopg.Error."""
    summary = session.rows(summary_query(dead, cap))
    causes = _causes(session.rows(newest_query(dead, cap)), rules, queue)
    recent_known = dead.dated and sum(row[2] for row in summary) <= cap
    return {
        where: DeadLetters(
            causes=dict.fromkeys(Cause, 0) | causes.get(where, Counter()),
            attempts_average=average,
            recent={WINDOW: recent} if recent_known and recent is not None else None,
        )
        for where, recent, average in _by_lane(summary, queue)
    }


def _causes(rows: list[Row], rules: Causes, default_queue: str) -> dict[Lane, Counter[Cause]]:
    found: dict[Lane, Counter[Cause]] = {}
    for queue, kind, error in rows:
        found.setdefault(lane(queue, kind, default_queue), Counter())[rules.of(error)] += 1
    return found


def _by_lane(rows: list[Row], default_queue: str) -> list[tuple[Lane, int | None, float | None]]:
    """(lane, recent, average attempts), rows of one lane joined and their average weighted. One dead job that
    is not dated may have died lately, so `recent` is then None."""
    joined: dict[Lane, list[Row]] = {}
    for row in rows:
        joined.setdefault(lane(row[0], row[1], default_queue), []).append(row)
    return [(where, _recent(group), _weighted([(row[2], row[4]) for row in group])) for where, group in joined.items()]


def _recent(rows: list[Row]) -> int | None:
    return None if any(undated for *_, undated in rows) else sum(row[3] for row in rows)


def _weighted(counted: list[tuple[int, float | None]]) -> float | None:
    known = [(count, value) for count, value in counted if value is not None]
    total = sum(count for count, _ in known)
    return sum(count * value for count, value in known) / total if total else None
