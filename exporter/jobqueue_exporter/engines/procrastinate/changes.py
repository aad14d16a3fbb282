"""Changes of jobs, in a transaction that first locks them and looks at what they are now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from psycopg import errors as pg
from psycopg.sql import Identifier, Literal

from jobqueue_exporter.engines.operations import Change, Job, Operation, Order
from jobqueue_exporter.engines.procrastinate import job_rows
from jobqueue_exporter.engines.procrastinate.procedures import Procedure, procedure
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.postgres import Session

# Workers beat every 10 s. This is after how long the engine itself holds one for stalled; a shorter lease would take
# jobs from workers that live.
STALLED_SECONDS = 30.0
_LOCKED = "another transaction has locked it: left alone"
_SAME_LOCK = "a job with the same lock or queueing lock is in its place: left alone"


def made(
    session: Session, schema: Schema, order: Order, ids: Sequence[int], lease_seconds: float
) -> Mapping[int, Change]:
    """What becomes of each of these jobs when the transaction is committed.

    Raises:
        Refused: this release has no procedure for that.
        psycopg.Error: the database failed.
    """
    by = procedure(schema, order.operation)
    # The engine's procedures and triggers find its tables by the search path.
    path = Literal(Identifier(schema.jobs.schema).as_string()).as_string()
    session.rows(f"SELECT set_config('search_path', {path} || ', ' || current_setting('search_path'), true)")
    held = frozenset(ids) if order.dry_run else _locked(session, schema, ids)
    jobs = _jobs(session, schema, ids, max(lease_seconds, STALLED_SECONDS))
    left = {i: _refusal(jobs.get(i), i in held, by, lease_seconds) for i in ids}
    fit = sorted(i for i, reason in left.items() if not reason)
    if order.dry_run:
        taken = _taken(session, schema, fit) if by.makes_wait else frozenset[int]()
        told = {i: f"it is {by.expected}, and would be {by.becomes}" for i in fit if i not in taken}
        left |= dict.fromkeys(taken, _SAME_LOCK)
    else:
        left |= _applied(session, by, fit)
        told = _outcomes(session, schema, by, [i for i in fit if not left[i]])
    return {i: Change(str(i), True, told[i]) if i in told else _left(i, left[i], jobs.get(i), by) for i in ids}


def _locked(session: Session, schema: Schema, ids: Sequence[int]) -> frozenset[int]:
    """Those that nobody else can change from now on. Waits a moment for who holds one, and does without it then."""
    query = f"SELECT id FROM {schema.jobs.sql} WHERE id IN ({_listed(ids)}) ORDER BY id FOR UPDATE"
    try:
        rows = session.contained(lambda: session.rows(query))
    except Refused as error:
        if not isinstance(error.__cause__, pg.LockNotAvailable | pg.DeadlockDetected):
            raise error.__cause__ or error from None
        rows = session.rows(f"{query} SKIP LOCKED")
    return frozenset(row[0] for row in rows)


def _jobs(session: Session, schema: Schema, ids: Sequence[int], lease_seconds: float) -> dict[int, Job]:
    rows = session.rows(job_rows.named_query(schema, ids, lease_seconds))
    return {row[0]: job_rows.job(row, schema.jobs.name) for row in rows}


def _refusal(job: Job | None, held: bool, by: Procedure, lease_seconds: float) -> str:
    """Why a job is to be left alone, empty if it is not."""
    if job is None:
        return "there is no such job"
    if not held:
        return _LOCKED
    if job.word != by.expected:
        worker = f" on worker {job.worker}" if job.state is State.RUNNING and job.worker else ""
        return f"it is {job.word}{worker}, not {by.expected}: left alone"
    if by.operation is Operation.RECLAIM and not job.stuck:
        return f"its worker has given a sign of life within {_patience(lease_seconds)}: left alone"
    return ""


def _patience(lease_seconds: float) -> str:
    if lease_seconds >= STALLED_SECONDS:
        return f"{lease_seconds:g} s"
    return f"{STALLED_SECONDS:g} s (the lease is {lease_seconds:g} s, but the engine itself waits that long)"


def _applied(session: Session, by: Procedure, ids: Sequence[int]) -> dict[int, str]:
    """Does it to all of them at once, or to as many as can be; why not to the others."""
    if not ids:
        return {}
    try:
        session.contained(lambda: session.rows(by.statement(_listed(ids))))
    except Refused as error:
        match error.__cause__:
            case pg.UniqueViolation():
                reason = _SAME_LOCK
            case pg.LockNotAvailable() | pg.DeadlockDetected():
                reason = _LOCKED
            case cause:
                raise cause or error from None
    else:
        return {}
    if len(ids) == 1:
        return {ids[0]: reason}
    middle = len(ids) // 2
    return {**_applied(session, by, ids[:middle]), **_applied(session, by, ids[middle:])}


def _outcomes(session: Session, schema: Schema, by: Procedure, ids: Sequence[int]) -> dict[int, str]:
    """What is to be said of those that are not as they were."""
    rows = session.rows(f"SELECT id, status::text FROM {schema.jobs.sql} WHERE id IN ({_listed(ids)})")
    now: dict[int, str] = dict(rows)
    words = {i: now.get(i, "deleted") for i in ids}
    return {i: f"it was {by.expected}, and is {word} now" for i, word in words.items() if word != by.expected}


def _taken(session: Session, schema: Schema, ids: Sequence[int]) -> Collection[int]:
    """Those that cannot wait, since another job does that has their queueing lock; none where that may not be read."""
    if "queueing_lock" not in schema.jobs.columns:
        return ()
    rows = session.rows(
        f"SELECT id FROM (\n"
        f"  SELECT id, queueing_lock, row_number() OVER (PARTITION BY queueing_lock ORDER BY id) AS turn\n"
        f"  FROM {schema.jobs.sql} WHERE id IN ({_listed(ids)}) AND queueing_lock IS NOT NULL) AS j\n"
        f"WHERE turn > 1 OR EXISTS (\n"
        f"  SELECT FROM {schema.jobs.sql} AS o WHERE o.queueing_lock = j.queueing_lock AND o.status = 'todo')"
    )
    return frozenset(row[0] for row in rows)


def _left(job_id: int, reason: str, job: Job | None, by: Procedure) -> Change:
    text = reason or f"it is {by.expected} still, though it was told otherwise: a trigger of its table may prevent it"
    return Change(str(job_id), False, text, job.state if job else None, job.word if job else "")


def _listed(ids: Collection[int]) -> str:
    return ", ".join(map(str, ids)) or "NULL"
