"""Single worker processes, each with the jobs that it holds."""

from __future__ import annotations

from jobqueue_exporter.engines.operations import WorkerProcess
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.engines.sql.relation import interval
from jobqueue_exporter.sources.postgres import Row


def query(schema: Schema, lease_seconds: float) -> str:
    """Rows of (id, live, last heartbeat, ids of its jobs), the newest heartbeat first."""
    assert schema.workers is not None
    jobs = "NULL::text[]"
    if schema.tells_stuck:
        jobs = (
            f"ARRAY(SELECT j.id::text FROM {schema.jobs.sql} AS j\n"
            f"             WHERE j.worker_id = w.id AND j.status IN ({schema.running}) ORDER BY j.id)"
        )
    return (
        f"SELECT w.id, w.last_heartbeat >= now() - {interval(lease_seconds)}, date_part('epoch', w.last_heartbeat),\n"
        f"       {jobs}\n"
        f"FROM {schema.workers.sql} AS w ORDER BY w.last_heartbeat DESC, w.id"
    )


def process(row: Row) -> WorkerProcess:
    """The worker of a row. When it started, what it takes, and how much at once is not kept."""
    identity, live, beat, jobs = row
    busy = None if jobs is None else len(jobs)
    return WorkerProcess(id=str(identity), live=live, heartbeat_at=beat, busy=busy, jobs=tuple(jobs or ()))
