"""Single jobs, as `jobqueue jobs` and `dlq` show them."""

from __future__ import annotations

from collections.abc import Sequence

from jobqueue_exporter.engines.operations import Event, Job
from jobqueue_exporter.engines.procrastinate.namespace import JOBS
from jobqueue_exporter.engines.procrastinate.running import stuck
from jobqueue_exporter.engines.procrastinate.schema import NEEDED, Schema
from jobqueue_exporter.engines.sql.tally import lane
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.postgres import Row

ENDS = ("succeeded", "failed", "cancelled", "aborted")
ENQUEUED = ("deferred", "deferred_for_retry", "retried")


def query(schema: Schema, chosen: str, *, whole: bool = False, newest: bool = False) -> str:
    """The rows of `job` for those that are `chosen` from `told`."""
    worker = "j.worker_id" if "worker_id" in schema.jobs.columns else "NULL::bigint"
    beat, workers = "NULL::timestamptz", ""
    if schema.tells_stuck and schema.workers is not None:
        beat, workers = "w.last_heartbeat", f"\nLEFT JOIN {schema.workers.sql} AS w ON w.id = j.worker_id"
    kept = _row(schema) if whole else "''"
    moments = (_since(schema), "e.created", "j.scheduled_at", "e.started", "e.ended", beat)
    return (
        f"SELECT j.id, j.queue_name, j.task_name, j.status::text, j.state, j.stuck, j.attempts,\n"
        f"       {', '.join(map(_epoch, moments))},\n"
        f"       {worker}, {kept}\n"
        f"FROM ({chosen}) AS j\nCROSS JOIN LATERAL ({_moments(schema)}) AS e{workers}\n"
        f"ORDER BY {order('j.id', newest=newest)}"
    )


def order(column: str, *, newest: bool) -> str:
    """A column as ORDER BY has it: the last enqueued first if `newest`, else the first."""
    return f"{column} DESC" if newest else column


def named_query(schema: Schema, ids: Sequence[int], lease_seconds: float, *, whole: bool = False) -> str:
    """The jobs with these ids, whatever their state."""
    listed = ", ".join(map(str, ids)) or "NULL"
    return query(schema, f"SELECT * FROM ({told(schema, lease_seconds)}) AS told WHERE id IN ({listed})", whole=whole)


def told(schema: Schema, lease_seconds: float) -> str:
    """All jobs with their state in our word, and whether a running one is stuck."""
    stalled = "NULL::boolean"
    if schema.tells_stuck:
        stalled = f"CASE WHEN status IN ({schema.running}) THEN {stuck(schema, lease_seconds)} END"
    return f"SELECT {_columns(schema)}, {_state(schema)} AS state,\n       {stalled} AS stuck\nFROM {schema.jobs.sql}"


def events_query(schema: Schema, job_id: int) -> str:
    """Rows of (moment, word), in the order in which they were written."""
    assert schema.events is not None
    return (
        f"SELECT date_part('epoch', at), type::text FROM {schema.events.sql}\n"
        f"WHERE job_id = {job_id} AND isfinite(at) AND type IS NOT NULL ORDER BY id"
    )


def job(row: Row, default_queue: str) -> Job:
    """The job of a row of `query`."""
    identity, queue, kind, status, state, stalled, attempts, since, created, due, started, ended, beat, worker, kept = (
        row
    )
    return Job(
        id=str(identity),
        lane=lane(queue, kind, default_queue),
        state=State(state) if state is not None else None,
        word=status,
        stuck=stalled,
        attempts=attempts,
        since=since,
        created_at=created,
        due_at=due,
        started_at=started,
        ended_at=ended,
        heartbeat_at=beat,
        worker="" if worker is None else str(worker),
        row=kept,
    )


def event(row: Row) -> Event:
    """The event of a row of `events_query`. That of sort `scheduled` is dated by when the job is due."""
    return Event(at=row[0], what=row[1])


def _columns(schema: Schema) -> str:
    """Those that are shown, of those that we may read: what jobs carry is not among them."""
    wanted = (*NEEDED[JOBS], "worker_id")
    return ", ".join(name for name in wanted if name in schema.jobs.columns)


def _epoch(moment: str) -> str:
    return f"CASE WHEN isfinite({moment}) THEN date_part('epoch', {moment}) END"


def _row(schema: Schema) -> str:
    """All that is kept of a job, its events with it: they go when it does."""
    row = f"(SELECT to_jsonb(whole) FROM {schema.jobs.sql} AS whole WHERE whole.id = j.id)"
    if schema.events is None:
        return f"{row}::text"
    events = f"SELECT jsonb_agg(to_jsonb(event) - 'job_id' ORDER BY id) FROM {schema.events.sql} AS event"
    return f"({row} || jsonb_build_object('events', ({events} WHERE event.job_id = j.id)))::text"


def _since(schema: Schema) -> str:
    """From when on a job is in its state: since when one is held up by a lock is not kept."""
    if schema.events is None:
        return "NULL::timestamptz"
    return (
        f"CASE j.state WHEN '{State.PENDING}' THEN greatest(j.scheduled_at, e.enqueued)\n"
        f"       WHEN '{State.SCHEDULED}' THEN e.enqueued WHEN '{State.RETRYING}' THEN e.enqueued\n"
        f"       WHEN '{State.RUNNING}' THEN e.started WHEN '{State.BLOCKED}' THEN NULL ELSE e.ended END"
    )


def _moments(schema: Schema) -> str:
    """When a job was first and last enqueued, last started, and ended if it has."""
    if schema.events is None:
        nothing = "NULL::timestamptz"
        return f"SELECT {nothing} AS created, {nothing} AS enqueued, {nothing} AS started, {nothing} AS ended"
    over = f"j.status NOT IN ('todo', {schema.running})"
    return (
        f"SELECT min(at) FILTER (WHERE type = 'deferred') AS created,\n"
        f"       max(at) FILTER (WHERE type IN ({schema.event(*ENQUEUED)})) AS enqueued,\n"
        f"       max(at) FILTER (WHERE type = 'started') AS started,\n"
        f"       max(at) FILTER (WHERE type IN ({schema.event(*ENDS)}) AND {over}) AS ended\n"
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
