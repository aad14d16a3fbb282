"""What happened to jobs lately, by the events that the engine's own triggers write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.engines.sql import minutes
from jobqueue_exporter.engines.sql.minutes import Span
from jobqueue_exporter.engines.sql.relation import Relation
from jobqueue_exporter.engines.sql.tally import lane
from jobqueue_exporter.model import Flow, FlowCount, FlowWindow
from jobqueue_exporter.sources.postgres import Row

TELLS = frozenset(Flow) - {Flow.DISCARDED}
_WORDS: tuple[tuple[str, Flow], ...] = (
    ("deferred", Flow.ENQUEUED),
    ("deferred_for_retry", Flow.ATTEMPT_FAILED),
    ("failed", Flow.ATTEMPT_FAILED),
    ("failed", Flow.DEAD_LETTER),
    ("succeeded", Flow.COMPLETED),
    ("cancelled", Flow.CANCELLED),
    ("aborted", Flow.CANCELLED),
)
_ENDS = ("succeeded", "failed", "deferred_for_retry", "aborted")
_CLAIMABLE = ("deferred", "deferred_for_retry", "retried", "scheduled")


def query(schema: Schema, events: Relation, above: int, span: Span, thresholds: tuple[float, ...]) -> str:
    """Rows of (minute, queue, kind, flow, bucket, count, seconds), of events with ids `above`.

    The bound is a literal: with a sub-select for it the planner reads all jobs.
    """
    known = [(word, flow) for word, flow in _WORDS if word in schema.marks.events]
    words = ", ".join(f"('{word}', '{flow}')" for word, flow in known)
    return (
        f"WITH e AS MATERIALIZED (\n{_happened(schema, events, above, span)}\n)\n"
        "SELECT minute, queue_name, task_name, flow, 0, count(*), 0::float8\n"
        f"FROM e JOIN (VALUES {words}) AS word(name, flow) ON word.name = e.type::text\n"
        "GROUP BY 1, 2, 3, 4\n"
        f"UNION ALL\n{_timed(Flow.WAIT, 'wait', thresholds)}\nUNION ALL\n{_timed(Flow.RUN, 'run', thresholds)}"
    )


def window(rows: Iterable[Row], read: Span, tells: frozenset[Flow], default_queue: str) -> FlowWindow:
    """The window that the rows of `query` make."""
    counts = (
        FlowCount(minute, lane(queue, kind, default_queue), Flow(flow), count, bucket, seconds)
        for minute, queue, kind, flow, bucket, count, seconds in rows
    )
    return FlowWindow(start=read.start, end=read.end, tells=tells, counts=tuple(counts))


def _happened(schema: Schema, events: Relation, above: int, span: Span) -> str:
    """Events of the span with the lane of their job, and how long it had waited or run by then."""
    kinds = schema.event(*dict.fromkeys(word for word, _ in _WORDS), "started")
    waited, ran = minutes.seconds("before.claimable", "ev.at"), minutes.seconds("before.started", "ev.at")
    return (
        f"  SELECT {minutes.minute('ev.at')} AS minute, jobs.queue_name, jobs.task_name, ev.type,\n"
        f"         CASE WHEN ev.type = 'started' THEN {waited} END AS wait,\n"
        f"         CASE WHEN ev.type IN ({schema.event(*_ENDS)}) THEN {ran} END AS run\n"
        f"  FROM {events.sql} AS ev JOIN {schema.jobs.sql} AS jobs ON jobs.id = ev.job_id\n"
        f"  CROSS JOIN LATERAL (\n"
        f"    SELECT max(p.at) FILTER (WHERE p.type IN ({schema.event(*_CLAIMABLE)})) AS claimable,\n"
        f"           max(p.at) FILTER (WHERE p.type = 'started') AS started\n"
        f"    FROM {events.sql} AS p WHERE p.job_id = ev.job_id AND p.id < ev.id) AS before\n"
        f"  WHERE ev.id > {above} AND {span.covers(replace(events.columns['at'], alias='ev'))}\n"
        f"    AND ev.type IN ({kinds})"
    )


def _timed(flow: Flow, column: str, thresholds: tuple[float, ...]) -> str:
    return (
        f"SELECT minute, queue_name, task_name, '{flow}', {minutes.bucket(column, thresholds)}, count(*),\n"
        f"       sum({column})\n"
        f"FROM e WHERE {column} IS NOT NULL\n"
        "GROUP BY 1, 2, 3, 5"
    )
