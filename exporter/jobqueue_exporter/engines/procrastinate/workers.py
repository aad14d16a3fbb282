"""Worker processes, each with a row that it touches every few seconds."""

from __future__ import annotations

from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.engines.sql.relation import interval
from jobqueue_exporter.model import Facts, Workers
from jobqueue_exporter.sources.postgres import Session


def query(schema: Schema, lease_seconds: float) -> str:
    """One row of (live, stale, newest heartbeat)."""
    assert schema.workers is not None
    silent = f"last_heartbeat < now() - {interval(lease_seconds)}"
    return (
        f"SELECT count(*) FILTER (WHERE NOT {silent}), count(*) FILTER (WHERE {silent}),\n"
        "       date_part('epoch', least(max(last_heartbeat), now()))\n"
        f"FROM {schema.workers.sql}"
    )


def read(session: Session, schema: Schema, lease_seconds: float) -> Facts:
    """All workers, idle ones too; from which queues they take is not kept. A silent one is stale until another
    one starts, which takes it off. Raises psycopg.Error."""
    live, stale, newest = session.rows(query(schema, lease_seconds))[0]
    return Facts(workers=Workers(live=live, stale=stale, newest_heartbeat=newest if live + stale else None))
