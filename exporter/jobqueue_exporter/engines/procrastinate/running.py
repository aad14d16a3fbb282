"""Jobs that workers have claimed, and those of them whose worker gives no sign of life."""

from __future__ import annotations

from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.engines.sql.relation import interval
from jobqueue_exporter.model import State


def query(schema: Schema, lease_seconds: float, cap: int | None) -> str:
    """Rows of (state, queue, kind, count, since when the oldest runs, how many are stuck)."""
    started = f"date_part('epoch', min({_started(schema)}))" if schema.events else "NULL::float8"
    flagged = f"count(*) FILTER (WHERE {stuck(schema, lease_seconds)})" if schema.tells_stuck else "0"
    found = f"{schema.jobs.sql} AS j WHERE status IN ({schema.running})"
    if cap is not None:
        worker = ", worker_id" if schema.tells_stuck else ""
        found = f"(SELECT id, queue_name, task_name{worker} FROM {found} LIMIT {cap + 1}) AS j"
    return (
        f"SELECT '{State.RUNNING}', queue_name, task_name, count(*),\n"
        f"       {started}, {flagged}\n"
        f"FROM {found} GROUP BY queue_name, task_name"
    )


def stuck(schema: Schema, lease_seconds: float) -> str:
    """The engine's own rule: the job's worker is gone, or has not beaten within the lease. Not a join, which
    takes longer to plan than to run."""
    assert schema.workers is not None
    lively = f"SELECT id FROM {schema.workers.sql} WHERE last_heartbeat >= now() - {interval(lease_seconds)}"
    return f"(worker_id = ANY (ARRAY({lively}))) IS NOT TRUE"


def _started(schema: Schema) -> str:
    assert schema.events is not None
    return f"(SELECT max(at) FROM {schema.events.sql} AS e WHERE e.job_id = j.id AND e.type = 'started')"
