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

# What is given back at once is due by the worker's clock, and enqueued a little later by the database's.
_SAME_SECONDS = 1
# Of how many jobs of a group the events are looked up where the first will not do.
_FEW = 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows for a Tally, and how many jobs were read for them."""

    rows: tuple[Row, ...]
    read: int


def read(session: Session, schema: Schema, cap: int | None) -> Waiting:
    """All waiting jobs, or one more than `cap`. A second query is made only where jobs have locks."""
    rows = _dated(session, schema, _jobs(schema, cap))
    total = sum(row[3] for row in rows)
    if any(row[2] == Sort.LOCKED for row in rows):
        rows = [row for row in rows if row[2] != Sort.LOCKED] + _dated(session, schema, _locked_jobs(schema, cap))
    return Waiting(tuple(_told(rows)), total)


def _told(rows: list[Row]) -> Iterator[Row]:
    for queue, kind, sort, count, since in rows:
        yield _STATES[Sort(sort)], queue, kind, count, since, count if sort == Sort.RETRYING else 0


def _dated(session: Session, schema: Schema, jobs: str) -> list[Row]:
    """Rows of (queue, kind, sort, count, since when the oldest could have been claimed)."""
    rows = session.rows(_grouped(schema, jobs))
    if not any(doubtful for *_, doubtful in rows):
        return [row[:5] for row in rows]
    since = {tuple(row[:3]): row[3] for row in session.rows(_earliest(schema, jobs))}
    return [(*row[:4], since.get(tuple(row[:3]), row[4])) for row in rows]


def _jobs(schema: Schema, cap: int | None) -> str:
    """All that wait, each in its sort."""
    locked = f"WHEN lock IS NOT NULL THEN {Sort.LOCKED:d}\n              " if schema.lock_order else ""
    return (
        f"SELECT id, queue_name, task_name, scheduled_at,\n"
        f"         CASE WHEN scheduled_at > now() THEN CASE WHEN attempts = 0 THEN {Sort.SCHEDULED:d}\n"
        f"                                                  ELSE {Sort.RETRYING:d} END\n"
        f"              {locked}WHEN scheduled_at IS NULL THEN {Sort.UNDATED:d} ELSE {Sort.DUE:d} END AS sort\n"
        f"  FROM {schema.jobs.sql} WHERE status = 'todo'{_limit(cap)}"
    )


def _locked_jobs(schema: Schema, cap: int | None) -> str:
    """The due ones with a lock: the first of each lock can be claimed, unless one of them is running."""
    live = (
        f"SELECT id, queue_name, task_name, status, scheduled_at, lock{_priority(schema)}\n"
        f"        FROM {schema.jobs.sql} WHERE status IN ('todo', {schema.running}) AND lock IS NOT NULL{_limit(cap)}"
    )
    return (
        f"SELECT id, queue_name, task_name, scheduled_at,\n"
        f"         CASE WHEN turn > 1 THEN {Sort.BLOCKED:d}\n"
        f"              WHEN scheduled_at IS NULL THEN {Sort.UNDATED:d} ELSE {Sort.DUE:d} END AS sort\n"
        f"  FROM (SELECT *, row_number() OVER (PARTITION BY lock ORDER BY {schema.lock_order}) AS turn\n"
        f"        FROM ({live}) AS live) AS ranked\n"
        f"  WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
    )


def _grouped(schema: Schema, jobs: str) -> str:
    """Rows of (queue, kind, sort, count, since, doubtful). A job that was due before it was enqueued has waited since
    the latter. Of each group the events of one job are looked up, by index: the first that was due, or the first of
    those that were due at once. Where that one was given back lately, another may be older: this is doubtful."""
    since, doubtful, enqueued = "due", "false", ""
    if schema.events is not None:
        dated = f"sort IN ({Sort.UNDATED:d}, {Sort.DUE:d})"
        enqueued = f"\nLEFT JOIN LATERAL ({_enqueued(schema, 'first')}) AS enqueued ON {dated}"
        since = "greatest(due, enqueued.last)"
        doubtful = f"coalesce(enqueued.last > coalesce(due, enqueued.first) + interval '{_SAME_SECONDS} s', false)"
    return (
        f"SELECT queue_name, task_name, sort, jobs,\n"
        f"       CASE WHEN sort IN ({Sort.UNDATED:d}, {Sort.DUE:d}) THEN date_part('epoch', {since}) END, {doubtful}\n"
        f"FROM (SELECT queue_name, task_name, sort, count(*) AS jobs, min(scheduled_at) AS due,\n"
        f"             coalesce((min(ARRAY[date_part('epoch', scheduled_at), id])\n"
        f"                       FILTER (WHERE sort = {Sort.DUE:d}))[2]::bigint, min(id)) AS first\n"
        f"      FROM ({jobs}) AS waiting GROUP BY 1, 2, 3) AS grouped{enqueued}"
    )


def _earliest(schema: Schema, jobs: str) -> str:
    """Rows of (queue, kind, sort, since), with the events of the first few jobs of each group."""
    return (
        f"SELECT queue_name, task_name, sort, min(date_part('epoch', greatest(scheduled_at, enqueued.last)))\n"
        f"FROM (SELECT *, row_number() OVER (PARTITION BY queue_name, task_name, sort\n"
        f"                                   ORDER BY scheduled_at, id) AS place\n"
        f"      FROM ({jobs}) AS waiting WHERE sort IN ({Sort.UNDATED:d}, {Sort.DUE:d})) AS j\n"
        f"LEFT JOIN LATERAL ({_enqueued(schema, 'j.id')}) AS enqueued ON true\n"
        f"WHERE place <= {_FEW} GROUP BY 1, 2, 3"
    )


def _enqueued(schema: Schema, job: str) -> str:
    """When a job was first and when it was last put among the waiting ones."""
    assert schema.events is not None
    words = schema.event("deferred", "deferred_for_retry", "retried")
    return (
        f"SELECT min(at) AS first, max(at) AS last FROM {schema.events.sql} WHERE job_id = {job} AND type IN ({words})"
    )


def _priority(schema: Schema) -> str:
    return ", priority" if "priority" in (schema.lock_order or "") else ""


def _limit(cap: int | None) -> str:
    return "" if cap is None else f" LIMIT {cap + 1}"
