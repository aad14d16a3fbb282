"""Failed jobs, which procrastinate keeps and never tries again: its dead letters."""

from __future__ import annotations

from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.engines.sql.relation import interval
from jobqueue_exporter.engines.sql.tally import lane
from jobqueue_exporter.model import Cause, DeadLetters, Facts, Lane, State
from jobqueue_exporter.sources.postgres import Session

WINDOW = "24h"
_DAY = 86_400.0
# For each of them its events are looked up.
MOST_DATED = 10_000


def index(schema: Schema) -> str:
    """The statement that makes failed jobs quick to count by lane, and to list in the order of their ids."""
    return (
        f"CREATE INDEX CONCURRENTLY procrastinate_jobs_failed_idx ON {schema.jobs.sql} (id, queue_name, task_name) "
        "WHERE status = 'failed';"
    )


def query(schema: Schema, cap: int) -> str:
    """Rows of (state, queue, kind, count, nothing, 0)."""
    return (
        f"SELECT '{State.DEAD_LETTER}', queue_name, task_name, count(*), NULL::float8, 0\n"
        f"FROM (SELECT queue_name, task_name FROM {schema.jobs.sql} WHERE status = 'failed' LIMIT {cap + 1}) AS dead\n"
        "GROUP BY queue_name, task_name"
    )


def summary_query(schema: Schema, cap: int) -> str:
    """Rows of (queue, kind, count, average attempts)."""
    return (
        "SELECT queue_name, task_name, count(*), avg(attempts)::float8\n"
        f"FROM (SELECT queue_name, task_name, attempts FROM {schema.jobs.sql}\n"
        f"      WHERE status = 'failed' LIMIT {cap + 1}) AS dead\n"
        "GROUP BY queue_name, task_name"
    )


def recent_query(schema: Schema) -> str:
    """Rows of (queue, kind, how many of its failed jobs failed within the last day)."""
    assert schema.events is not None
    return (
        "SELECT queue_name, task_name, count(*)\n"
        f"FROM {schema.jobs.sql} AS j WHERE status = 'failed' AND EXISTS (\n"
        f"  SELECT FROM {schema.events.sql} AS e\n"
        f"  WHERE e.job_id = j.id AND e.type = 'failed' AND e.at >= now() - {interval(_DAY)})\n"
        "GROUP BY queue_name, task_name"
    )


def read(session: Session, schema: Schema, cap: int) -> Facts:
    """Failed jobs by lane. No error is kept, so that their cause is unknown. Raises psycopg.Error."""
    queue = schema.jobs.name
    summary = session.rows(summary_query(schema, cap))
    told = schema.events is not None and sum(row[2] for row in summary) <= min(cap, MOST_DATED)
    recent = _recent(session, schema) if told else None
    found = {
        lane(name, kind, queue): DeadLetters(
            causes={Cause.UNKNOWN: count},
            attempts_average=attempts,
            recent=None if recent is None else {WINDOW: recent.get(lane(name, kind, queue), 0)},
        )
        for name, kind, count, attempts in summary
    }
    return Facts(dead_letters=found, dead_letter_windows=(WINDOW,) if told else ())


def _recent(session: Session, schema: Schema) -> dict[Lane, int]:
    return {lane(queue, kind, schema.jobs.name): count for queue, kind, count in session.rows(recent_query(schema))}
