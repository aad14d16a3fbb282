"""Flows from a finished-at column that is written once and indexed, where there is no events table."""

from __future__ import annotations

from jobqueue_exporter.engines.sql import minutes
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.model import Flow

# Filled on success alone in many tables; then it says nothing of other ends.
_SUCCESS_ONLY = "completed_at"
# Emptied when the job is let go.
_LOCK = "locked_at"


def tells(layout: Layout) -> frozenset[Flow]:
    """The flows that an index lets us count: ends by finished_at, arrivals by created_at."""
    told: set[Flow] = set()
    if _served(layout, "finished_at"):
        told |= {flow for flow, meaning in _outcomes(layout).items() if layout.states[meaning]}
        if layout.has("started_at") and layout.columns["started_at"].name != _LOCK:
            told |= {Flow.RUN, Flow.WAIT} if layout.has("created_at") else {Flow.RUN}
    if _served(layout, "created_at"):
        told.add(Flow.ENQUEUED)
    return frozenset(told)


def query(layout: Layout, span: minutes.Span, thresholds: tuple[float, ...]) -> str:
    """Rows of (minute, queue, kind, flow, bucket, count, seconds, gone)."""
    told, parts = tells(layout), []
    for flow, meaning in _outcomes(layout).items():
        if flow in told:
            parts.append(_counted(layout, span, flow, "finished_at", layout.state_is(meaning)))
    if Flow.ENQUEUED in told:
        parts.append(_counted(layout, span, Flow.ENQUEUED, "created_at", "true"))
    started, finished = layout.sql("started_at"), layout.sql("finished_at")
    if Flow.RUN in told:
        parts.append(_timed(layout, span, Flow.RUN, minutes.seconds(started, finished), thresholds))
    if Flow.WAIT in told:
        parts.append(_timed(layout, span, Flow.WAIT, minutes.seconds(layout.since, started), thresholds))
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


def _counted(layout: Layout, span: minutes.Span, flow: Flow, role: str, where: str) -> str:
    at = layout.columns[role]
    return (
        f"SELECT {minutes.minute(at.moment)}, {layout.label('queue')}, {layout.label('kind')}, '{flow}', 0, count(*),\n"
        f"       0::float8, false\n"
        f"FROM {layout.relation.sql} WHERE {span.covers(at)} AND {where} GROUP BY 1, 2, 3"
    )


def _timed(layout: Layout, span: minutes.Span, flow: Flow, seconds: str, thresholds: tuple[float, ...]) -> str:
    """Durations of the jobs that ended in the span, in the minute of their end."""
    finished = layout.columns["finished_at"]
    return (
        f"SELECT minute, queue, kind, '{flow}', {minutes.bucket('seconds', thresholds)}, count(*), sum(seconds),\n"
        f"       false\n"
        f"FROM (SELECT {minutes.minute(finished.moment)} AS minute, {layout.label('queue')} AS queue,\n"
        f"             {layout.label('kind')} AS kind, {seconds} AS seconds\n"
        f"      FROM {layout.relation.sql} WHERE {span.covers(finished)}) AS ended\n"
        "WHERE seconds IS NOT NULL GROUP BY 1, 2, 3, 5"
    )
