"""Single jobs, as `jobqueue jobs` and `dlq` show them."""

from __future__ import annotations

from psycopg.sql import Literal

from jobqueue_exporter.engines.operations import Event, Job, Wanted
from jobqueue_exporter.engines.procrastinate.namespace import JOBS
from jobqueue_exporter.engines.procrastinate.schema import NEEDED, Schema
from jobqueue_exporter.engines.sql.tally import lane
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.postgres import Row

_ENDS = ("succeeded", "failed", "cancelled", "aborted")
_WORDS = {
    State.PENDING: "todo",
    State.SCHEDULED: "todo",
    State.RETRYING: "todo",
    State.BLOCKED: "todo",
    State.DEAD_LETTER: "failed",
}


def list_query(schema: Schema, wanted: Wanted) -> str:
    """The jobs that are wanted, the first enqueued first."""
    statuses = schema.running if wanted.state is State.RUNNING else f"'{_WORDS[wanted.state]}'"
    conditions = [f"status IN ({statuses})", f"state = '{wanted.state}'"]
    conditions += [f"queue_name = {Literal(wanted.queue).as_string()}"] if wanted.queue is not None else []
    conditions += [f"task_name = {Literal(wanted.kind).as_string()}"] if wanted.kind is not None else []
    chosen = (
        f"SELECT * FROM (SELECT {_columns(schema)}, {_state(schema)} AS state FROM {schema.jobs.sql}) AS told\n"
        f"      WHERE {' AND '.join(conditions)} ORDER BY id LIMIT {int(wanted.limit)}"
    )
    return _query(schema, chosen) + "\nORDER BY id"


def job_query(schema: Schema, job_id: int) -> str:
    """The job with this id, whatever its state."""
    chosen = f"SELECT {_columns(schema)}, {_state(schema)} AS state FROM {schema.jobs.sql} WHERE id = {job_id}"
    return _query(schema, chosen)


def rest_query(schema: Schema, job_id: int) -> str:
    """One row of what else is kept of a job, as (name, text) pairs in JSON: its payload is `args`."""
    return f"SELECT to_jsonb(j) FROM {schema.jobs.sql} AS j WHERE id = {job_id}"


def events_query(schema: Schema, job_id: int) -> str:
    """Rows of (moment, word), in the order in which they were written."""
    assert schema.events is not None
    return (
        f"SELECT date_part('epoch', at), type::text FROM {schema.events.sql}\n"
        f"WHERE job_id = {job_id} AND at IS NOT NULL AND type IS NOT NULL ORDER BY id"
    )


def job(row: Row, default_queue: str) -> Job:
    """The job of a row of `list_query` or `job_query`."""
    identity, queue, kind, status, state, attempts, due, created, started, ended, worker, beat = row
    return Job(
        id=str(identity),
        lane=lane(queue, kind, default_queue),
        state=State(state) if state is not None else None,
        word=status,
        attempts=attempts,
        created_at=created,
        due_at=due,
        started_at=started,
        ended_at=ended,
        heartbeat_at=beat,
        worker="" if worker is None else str(worker),
    )


def event(row: Row) -> Event:
    """The event of a row of `events_query`. That of sort `scheduled` is dated by when the job is due."""
    return Event(at=row[0], what=row[1])


def _columns(schema: Schema) -> str:
    """Those that are shown, of those that we may read: what jobs carry is not among them."""
    wanted = (*NEEDED[JOBS], "worker_id")
    return ", ".join(name for name in wanted if name in schema.jobs.columns)


def _query(schema: Schema, chosen: str) -> str:
    worker = "j.worker_id" if "worker_id" in schema.jobs.columns else "NULL::bigint"
    beat, workers = ("NULL::timestamptz", "")
    if schema.workers is not None and schema.tells_stuck:
        beat, workers = "w.last_heartbeat", f"\nLEFT JOIN {schema.workers.sql} AS w ON w.id = j.worker_id"
    times = ", ".join(f"date_part('epoch', {moment})" for moment in ("j.scheduled_at", "e.created", "e.started"))
    return (
        f"SELECT j.id, j.queue_name, j.task_name, j.status::text, j.state, j.attempts,\n"
        f"       {times}, date_part('epoch', e.ended), {worker}, date_part('epoch', {beat})\n"
        f"FROM ({chosen}) AS j\nCROSS JOIN LATERAL ({_moments(schema)}) AS e{workers}"
    )


def _moments(schema: Schema) -> str:
    """When a job was enqueued, last started, and ended if it has."""
    if schema.events is None:
        return "SELECT NULL::timestamptz AS created, NULL::timestamptz AS started, NULL::timestamptz AS ended"
    over = f"j.status NOT IN ('todo', {schema.running})"
    return (
        f"SELECT min(at) FILTER (WHERE type = 'deferred') AS created,\n"
        f"       max(at) FILTER (WHERE type = 'started') AS started,\n"
        f"       max(at) FILTER (WHERE type IN ({schema.event(*_ENDS)}) AND {over}) AS ended\n"
        f"  FROM {schema.events.sql} WHERE job_id = j.id"
    )


def _state(schema: Schema) -> str:
    """Our word for where a job is; NULL for one that has ended well or was called off."""
    return (
        f"CASE WHEN status IN ({schema.running}) THEN '{State.RUNNING}'\n"
        f"     WHEN status = 'failed' THEN '{State.DEAD_LETTER}'\n"
        f"     WHEN status <> 'todo' THEN NULL\n"
        f"     WHEN scheduled_at > now() AND attempts > 0 THEN '{State.RETRYING}'\n"
        f"     WHEN scheduled_at > now() THEN '{State.SCHEDULED}'\n"
        f"     WHEN {_blocked(schema)} THEN '{State.BLOCKED}' ELSE '{State.PENDING}' END"
    )


def _blocked(schema: Schema) -> str:
    if schema.lock_order is None:
        return "false"
    return (
        f"lock IS NOT NULL AND id IN (\n"
        f"  SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY lock ORDER BY {schema.lock_order}) AS turn\n"
        f"                  FROM {schema.jobs.sql}\n"
        f"                  WHERE status IN ('todo', {schema.running}) AND lock IS NOT NULL) AS ranked\n"
        f"  WHERE turn > 1)"
    )
