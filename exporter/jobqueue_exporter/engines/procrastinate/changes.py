"""Changes of single jobs, each in a transaction that first locks the job and looks at what it is now."""

from __future__ import annotations

from psycopg import errors as pg
from psycopg.sql import Identifier, Literal

from jobqueue_exporter.engines.operations import Change
from jobqueue_exporter.engines.procrastinate.running import stuck
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

_HALF = "apply procrastinate's migrations up to {release}, which brought it"
# Workers beat every 10 s. This is after how long the engine itself holds one for stalled; a shorter lease would take
# jobs from workers that live.
STALLED_SECONDS = 30.0
_LOCKED = "another transaction has locked it: left alone"
_SAME_LOCK = "a job with the same lock or queueing lock is in its place: left alone"


def requeue(session: Session, schema: Schema, job_id: int) -> Change:
    """Puts a failed job among the waiting ones, due now.

    Raises:
        Refused: this release has no procedure for that.
        psycopg.Error: the database failed.
    """
    if schema.retry is None:
        missing = f"there is no function procrastinate_retry_job_v2 in schema {schema.jobs.schema}"
        raise Refused(f"{missing}: {_HALF.format(release='3.4')}")
    return _changed(session, schema, job_id, "failed", schema.retry)


def reclaim(session: Session, schema: Schema, job_id: int, lease_seconds: float) -> Change:
    """Puts a running job whose worker has gone, or is silent for a lease and no less than the engine's own time limit,
    among the waiting ones, due now.

    Raises:
        Refused: this release keeps no heartbeats, or has no procedure for that.
        psycopg.Error: the database failed.
    """
    if schema.retry_running is None or not schema.tells_stuck:
        missing = "function procrastinate_retry_job_v1" if schema.tells_stuck else "heartbeats of workers to be read"
        raise Refused(f"there is no {missing} in schema {schema.jobs.schema}: {_HALF.format(release='3.1')}")
    return _changed(session, schema, job_id, "doing", schema.retry_running, lease_seconds)


def _changed(
    session: Session, schema: Schema, job_id: int, expected: str, function: str, lease_seconds: float | None = None
) -> Change:
    """What became of a job that should have this status, and no sign of life from its worker within a lease."""
    try:
        if refusal := _refusal(session, schema, job_id, expected, lease_seconds):
            return Change(str(job_id), False, refusal)
        now = _retry(session, schema, function, job_id)
    except pg.LockNotAvailable:
        return Change(str(job_id), False, _LOCKED)
    except pg.UniqueViolation:
        return Change(str(job_id), False, _SAME_LOCK)
    return Change(str(job_id), True, f"it was {expected}, and is {now} now")


def _refusal(session: Session, schema: Schema, job_id: int, expected: str, lease_seconds: float | None) -> str:
    """Why a job is to be left alone, empty if it is not. Nobody else can change it from now on."""
    rows = session.rows(f"SELECT status::text FROM {schema.jobs.sql} WHERE id = {job_id} FOR UPDATE")
    if not rows:
        return "there is no such job"
    if rows[0][0] != expected:
        return f"it is {rows[0][0]}, not {expected}: left alone"
    if lease_seconds is not None and not _stuck(session, schema, job_id, lease_seconds):
        return f"its worker has given a sign of life within {_patience(lease_seconds)}: left alone"
    return ""


def _patience(lease_seconds: float) -> str:
    if lease_seconds >= STALLED_SECONDS:
        return f"{lease_seconds:g} s"
    return f"{STALLED_SECONDS:g} s (the lease is {lease_seconds:g} s, but the engine itself waits that long)"


def _stuck(session: Session, schema: Schema, job_id: int, lease_seconds: float) -> bool:
    condition = stuck(schema, max(lease_seconds, STALLED_SECONDS))
    return bool(session.rows(f"SELECT 1 FROM {schema.jobs.sql} WHERE id = {job_id} AND {condition}"))


def _retry(session: Session, schema: Schema, function: str, job_id: int) -> str:
    """The status of the job after the engine's own procedure, which finds its tables by the search path."""
    path = Literal(Identifier(schema.jobs.schema).as_string()).as_string()
    session.rows(f"SELECT set_config('search_path', {path} || ', ' || current_setting('search_path'), true)")
    session.rows(f"SELECT {function}({job_id}, now(), NULL, NULL, NULL)")
    return str(session.rows(f"SELECT status::text FROM {schema.jobs.sql} WHERE id = {job_id}")[0][0])
