"""Jobs that wait: due ones, those that wait for a lock, and those of the future."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.postgres import Row, Session


class Sort(IntEnum):
    """Sorts of waiting job, as the query tells them."""

    LOCKED = 0
    UNDATED = 1
    DUE = 2
    SCHEDULED = 3
    RETRYING = 4
    BLOCKED = 5


_STATES = {
    Sort.UNDATED: State.PENDING,
    Sort.DUE: State.PENDING,
    Sort.SCHEDULED: State.SCHEDULED,
    Sort.RETRYING: State.SCHEDULED,
    Sort.BLOCKED: State.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows for a Tally, and how many jobs were read for them."""

    rows: tuple[Row, ...]
    read: int


def read(session: Session, schema: Schema, cap: int | None) -> Waiting:
    """All waiting jobs, or one more than `cap`. A second query is made only where jobs have locks."""
    rows = session.rows(query(schema, cap))
    total = sum(row[3] for row in rows)
    if any(row[2] == Sort.LOCKED for row in rows):
        rows = [row for row in rows if row[2] != Sort.LOCKED] + session.rows(locked_query(schema, cap))
    return Waiting(tuple(_told(rows)), total)


def _told(rows: list[Row]) -> Iterator[Row]:
    for queue, kind, sort, count, since in rows:
        yield _STATES[Sort(sort)], queue, kind, count, since, count if sort == Sort.RETRYING else 0


def query(schema: Schema, cap: int | None) -> str:
    """Rows of (queue, kind, sort, count, since when the oldest could have been claimed)."""
    locked = f"WHEN lock IS NOT NULL THEN {Sort.LOCKED:d}\n              " if schema.lock_order else ""
    jobs = (
        f"SELECT id, queue_name, task_name, scheduled_at,\n"
        f"         CASE WHEN scheduled_at > now() THEN CASE WHEN attempts = 0 THEN {Sort.SCHEDULED:d}\n"
        f"                                                  ELSE {Sort.RETRYING:d} END\n"
        f"              {locked}WHEN scheduled_at IS NULL THEN {Sort.UNDATED:d} ELSE {Sort.DUE:d} END AS sort\n"
        f"  FROM {schema.jobs.sql} WHERE status = 'todo'{_limit(cap)}"
    )
    return _grouped(schema, jobs)


def locked_query(schema: Schema, cap: int | None) -> str:
    """The same of due jobs with a lock: the first of each lock can be claimed, unless one of them is running."""
    live = (
        f"SELECT id, queue_name, task_name, status, scheduled_at, lock{_priority(schema)}\n"
        f"        FROM {schema.jobs.sql} WHERE status IN ('todo', {schema.running}) AND lock IS NOT NULL{_limit(cap)}"
    )
    jobs = (
        f"SELECT id, queue_name, task_name, scheduled_at,\n"
        f"         CASE WHEN turn > 1 THEN {Sort.BLOCKED:d}\n"
        f"              WHEN scheduled_at IS NULL THEN {Sort.UNDATED:d} ELSE {Sort.DUE:d} END AS sort\n"
        f"  FROM (SELECT *, row_number() OVER (PARTITION BY lock ORDER BY {schema.lock_order}) AS turn\n"
        f"        FROM ({live}) AS live) AS ranked\n"
        f"  WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
    )
    return _grouped(schema, jobs)


def _grouped(schema: Schema, jobs: str) -> str:
    """Of the oldest job of a group only the event that put it there is looked up, by index. A job that was due
    before it was enqueued has waited since the latter."""
    since = f"greatest(due, {_enqueued(schema)})" if schema.events else "due"
    return (
        f"SELECT queue_name, task_name, sort, jobs,\n"
        f"       CASE WHEN sort IN ({Sort.UNDATED:d}, {Sort.DUE:d}) THEN date_part('epoch', {since}) END\n"
        f"FROM (SELECT queue_name, task_name, sort, count(*) AS jobs, min(id) AS first, min(scheduled_at) AS due\n"
        f"      FROM ({jobs}) AS waiting GROUP BY 1, 2, 3) AS grouped"
    )


def _enqueued(schema: Schema) -> str:
    assert schema.events is not None
    words = schema.event("deferred", "deferred_for_retry", "retried")
    return f"(SELECT max(at) FROM {schema.events.sql} AS e WHERE e.job_id = first AND e.type IN ({words}))"


def _priority(schema: Schema) -> str:
    return ", priority" if "priority" in (schema.lock_order or "") else ""


def _limit(cap: int | None) -> str:
    return "" if cap is None else f" LIMIT {cap + 1}"
