"""Flows from an events table: the one place where each thing that happened is written down."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.sql import Literal

from jobqueue_exporter.config.types import Events
from jobqueue_exporter.engines.table import flows
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.relation import Column, Relation
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Flow

USUAL_NAME = "job_events"


@dataclass(frozen=True, slots=True)
class EventLayout:
    """An events table, read and understood."""

    relation: Relation
    words: Events
    job_id: Column
    stage: Column
    created_at: Column

    @property
    def served(self) -> bool:
        """Whether an index finds the latest events; without one each reading would scan all of history."""
        return self.relation.led_by(self.created_at.name)

    def stages(self, *names: str) -> str:
        """The quoted words of these stages, or one that no event has."""
        words = [word for name in names for word in getattr(self.words, name)]
        return ", ".join(Literal(word).as_string() for word in words) or "NULL"


def resolve(relation: Relation, words: Events) -> EventLayout:
    """The layout of an events table. Raises Refused when a column is missing or rows are hidden."""
    if relation.hidden:
        raise Refused(relation.hidden)
    for name in (words.job_id, words.stage, words.created_at):
        if name not in relation.columns:
            there = ", ".join(relation.columns)
            raise Refused(f"events: there is no column {name} in {relation.label}; there are: {there}")
    columns = relation.columns
    return EventLayout(relation, words, columns[words.job_id], columns[words.stage], columns[words.created_at])


def tells(events: EventLayout, jobs: Layout) -> frozenset[Flow]:
    """The flows that these events can count."""
    words = events.words
    named = {
        Flow.ENQUEUED: words.enqueued,
        Flow.ATTEMPT_FAILED: words.failed,
        Flow.COMPLETED: words.completed,
        Flow.DEAD_LETTER: words.dead_letter or (words.failed and jobs.states["dead_letter"]),
        Flow.DISCARDED: words.discarded,
        Flow.CANCELLED: words.cancelled,
        Flow.WAIT: words.started if jobs.has("created_at") else (),
        Flow.RUN: words.started if _runs(events) else (),
    }
    return frozenset(flow for flow, group in named.items() if group)


def query(events: EventLayout, jobs: Layout, span: flows.Span, thresholds: tuple[float, ...]) -> str:
    """Rows of (minute, queue, kind, flow, bucket, count, seconds)."""
    jobs = jobs.aliased("jobs")
    parts = [_counted(events), _deaths(events)]
    told = tells(events, jobs)
    if Flow.WAIT in told:
        parts.append(_timed(Flow.WAIT, "wait", f"stage IN ({events.stages('started')})", thresholds))
    if Flow.RUN in told:
        parts.append(_timed(Flow.RUN, "run", f"stage IN ({events.stages('completed', 'failed')})", thresholds))
    return f"WITH e AS MATERIALIZED (\n{_joined(events, jobs, span)}\n)\n" + "\nUNION ALL\n".join(parts)


def _joined(events: EventLayout, jobs: Layout, span: flows.Span) -> str:
    """Events of the span with the lane of their job, whether it is dead now, and how long it waited.

    A retry moves run_at, and with it goes the moment from which the earlier attempt had waited.
    """
    at, stage, job_id = (f"ev.{c.sql}" for c in (events.created_at, events.stage, events.job_id))
    wait = f"CASE WHEN {jobs.since} <= {at} THEN {flows.duration(jobs.since, at)} END"
    return (
        f"  SELECT {job_id} AS job_id, {stage}::text AS stage, {at} AS at, {flows.minute(at)} AS minute,\n"
        f"         {jobs.text('queue')} AS queue, {jobs.text('kind')} AS kind,\n"
        f"         coalesce({jobs.state_is('dead_letter')}, false) AS dead,\n"
        f"         {wait} AS wait, {_run(events, at, job_id, stage)} AS run\n"
        f"  FROM {events.relation.sql} AS ev\n"
        f"  LEFT JOIN {jobs.relation.sql} AS jobs ON {jobs.columns['id'].sql} = {job_id}\n"
        f"  WHERE {span.where.format(at)}"
    )


def _runs(events: EventLayout) -> bool:
    return events.relation.led_by(events.job_id.name)


def _run(events: EventLayout, at: str, job_id: str, stage: str) -> str:
    """Seconds since the last start of the same job, for events that end an attempt."""
    if not _runs(events) or not events.words.started:
        return "NULL::float8"
    started = (
        f"(SELECT max(s.{events.created_at.sql}) FROM {events.relation.sql} AS s"
        f" WHERE s.{events.job_id.sql} = {job_id} AND s.{events.stage.sql} IN ({events.stages('started')})"
        f" AND s.{events.created_at.sql} <= {at})"
    )
    ended = events.stages("completed", "failed")
    return f"CASE WHEN {stage}::text IN ({ended}) THEN {flows.duration(started, at)} END"


def _counted(events: EventLayout) -> str:
    words = events.words
    meanings = flows.by_words(
        {
            Flow.ENQUEUED: words.enqueued,
            Flow.ATTEMPT_FAILED: words.failed,
            Flow.COMPLETED: words.completed,
            Flow.DEAD_LETTER: words.dead_letter,
            Flow.DISCARDED: words.discarded,
            Flow.CANCELLED: words.cancelled,
        }
    )
    return (
        "SELECT minute, queue, kind, flow, 0, count(*), 0::float8\n"
        f"FROM e JOIN (VALUES {meanings}) AS word(name, flow) ON word.name = e.stage\n"
        "GROUP BY minute, queue, kind, flow"
    )


def _deaths(events: EventLayout) -> str:
    """A death without an event of its own: the last failure of a job that is dead now."""
    told = events.stages("dead_letter")
    return (
        f"SELECT minute, queue, kind, '{Flow.DEAD_LETTER}', 0, count(*), 0::float8\n"
        f"FROM (SELECT DISTINCT ON (job_id) * FROM e\n"
        f"      WHERE dead AND stage IN ({events.stages('failed', 'dead_letter')})\n"
        f"      ORDER BY job_id, at DESC, stage IN ({told}) DESC) AS last\n"
        f"WHERE stage IN ({events.stages('failed')})\n"
        "GROUP BY minute, queue, kind"
    )


def _timed(flow: Flow, column: str, where: str, thresholds: tuple[float, ...]) -> str:
    return (
        f"SELECT minute, queue, kind, '{flow}', {flows.bucket(column, thresholds)}, count(*), sum({column})\n"
        f"FROM e WHERE {where} AND {column} IS NOT NULL\n"
        "GROUP BY 1, 2, 3, 5"
    )
