"""Flows from a finished-at column that is written once and indexed, where there is no events table."""

from __future__ import annotations

from jobqueue_exporter.engines.table import flows
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.model import Flow

# A completed-at column is filled on success alone in many tables; then it says nothing of other ends.
_SUCCESS_ONLY = "completed_at"


def tells(layout: Layout) -> frozenset[Flow]:
    """The flows that an index lets us count: ends by finished_at, arrivals by created_at."""
    told: set[Flow] = set()
    if _served(layout, "finished_at"):
        told |= {flow for flow, meaning in _outcomes(layout).items() if layout.states[meaning]}
        told |= {Flow.RUN} if layout.has("started_at") else set()
        told |= {Flow.WAIT} if layout.has("started_at", "created_at") else set()
    if _served(layout, "created_at"):
        told.add(Flow.ENQUEUED)
    return frozenset(told)


def query(layout: Layout, span: flows.Span, thresholds: tuple[float, ...]) -> str:
    """Rows of (minute, queue, kind, flow, bucket, count, seconds)."""
    told, parts = tells(layout), []
    for flow, meaning in _outcomes(layout).items():
        if flow in told:
            parts.append(_counted(layout, span, flow, "finished_at", layout.state_is(meaning)))
    if Flow.ENQUEUED in told:
        parts.append(_counted(layout, span, Flow.ENQUEUED, "created_at", "true"))
    started, finished = layout.sql("started_at"), layout.sql("finished_at")
    if Flow.RUN in told:
        parts.append(_timed(layout, span, Flow.RUN, (started, finished), thresholds))
    if Flow.WAIT in told:
        parts.append(_timed(layout, span, Flow.WAIT, (layout.since, started), thresholds))
    return "\nUNION ALL\n".join(parts)


def _outcomes(layout: Layout) -> dict[Flow, str]:
    outcomes = {Flow.COMPLETED: "finished"}
    if layout.has("finished_at") and layout.columns["finished_at"].name != _SUCCESS_ONLY:
        outcomes |= {
            Flow.DEAD_LETTER: "dead_letter",
            Flow.DISCARDED: "discarded",
            Flow.CANCELLED: "cancelled",
        }
    return outcomes


def _served(layout: Layout, role: str) -> bool:
    return layout.has(role) and layout.relation.led_by(layout.columns[role].name)


def _counted(layout: Layout, span: flows.Span, flow: Flow, role: str, where: str) -> str:
    at = layout.sql(role)
    return (
        f"SELECT {flows.minute(at)}, {layout.text('queue')}, {layout.text('kind')}, '{flow}', 0, count(*), 0::float8\n"
        f"FROM {layout.relation.sql} WHERE {span.where.format(at)} AND {where} GROUP BY 1, 2, 3"
    )


def _timed(
    layout: Layout, span: flows.Span, flow: Flow, between: tuple[str, str], thresholds: tuple[float, ...]
) -> str:
    """Durations of the jobs that ended in the span, in the minute of their end."""
    start, end = between
    finished = layout.sql("finished_at")
    return (
        f"SELECT minute, queue, kind, '{flow}', {flows.bucket('seconds', thresholds)}, count(*), sum(seconds)\n"
        f"FROM (SELECT {flows.minute(finished)} AS minute, {layout.text('queue')} AS queue,\n"
        f"             {layout.text('kind')} AS kind, {flows.duration(start, end)} AS seconds\n"
        f"      FROM {layout.relation.sql}\n"
        f"      WHERE {span.where.format(finished)} AND {start} <= {end}) AS ended\n"
        "GROUP BY 1, 2, 3, 5"
    )
