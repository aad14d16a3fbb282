"""Flows from an events table: the one place where each thing that happened is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psycopg.sql import Literal

from jobqueue_exporter.config.types import Events
from jobqueue_exporter.engines.sql import minutes
from jobqueue_exporter.engines.sql.relation import Column, Relation, Type
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Flow

USUAL_NAME = "job_events"
_TYPES = {
    "job_id": tuple(Type),
    "stage": (Type.TEXT, Type.ENUM),
    "created_at": (Type.TIME, Type.NUMBER),
}


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

    @property
    def by_job(self) -> bool:
        """Whether an index finds the earlier events of a job."""
        return self.relation.led_by(self.job_id.name)

    def aliased(self, alias: str) -> EventLayout:
        """The same layout with all columns qualified, for a join."""
        job_id, stage, created_at = (replace(c, alias=alias) for c in (self.job_id, self.stage, self.created_at))
        return replace(self, job_id=job_id, stage=stage, created_at=created_at)

    @property
    def word(self) -> str:
        """The word of an event, however it is written."""
        return f"lower({self.stage.sql}::text)"

    def listed(self, *meanings: str) -> str:
        """The quoted words of these meanings, or one that no event has."""
        words = {word.lower() for meaning in meanings for word in getattr(self.words, meaning)}
        return ", ".join(Literal(word).as_string() for word in sorted(words)) or "NULL"


def resolve(relation: Relation, words: Events, jobs: Layout) -> EventLayout:
    """The layout of an events table. Raises Refused when a column is missing or unfit, or rows are hidden."""
    if relation.hidden:
        raise Refused(relation.hidden)
    if not jobs.has("id"):
        raise Refused(f"events: {jobs.relation.label} has no column that tells jobs apart: name it under columns.id")
    return EventLayout(relation, words, *(_column(relation, role, name) for role, name in _names(words).items()))


def _names(words: Events) -> dict[str, str]:
    return {"job_id": words.job_id, "stage": words.stage, "created_at": words.created_at}


def _column(relation: Relation, role: str, name: str) -> Column:
    column = relation.columns.get(name)
    if column is None:
        there = ", ".join(relation.columns)
        raise Refused(f"events: there is no column {name} in {relation.label}; there are: {there}")
    if column.type not in _TYPES[role]:
        fit = " or ".join(_TYPES[role])
        raise Refused(f"events: column {name} of {relation.label} must be a {fit} column")
    return column


def join_check(events: EventLayout, jobs: Layout) -> str:
    """A query that reads nothing and fails where events cannot be joined with their jobs."""
    return f"SELECT 1 FROM {_with_jobs(events.aliased('ev'), jobs.aliased('jobs'))} LIMIT 0"


def tells(events: EventLayout, jobs: Layout) -> frozenset[Flow]:
    """The flows that these events can count. How long an attempt waited and ran is known by the earlier
    events of its job."""
    words = events.words
    named = {
        Flow.ENQUEUED: words.enqueued,
        Flow.ATTEMPT_FAILED: words.failed,
        Flow.COMPLETED: words.completed,
        Flow.DEAD_LETTER: words.dead_letter or (words.failed and jobs.states["dead_letter"]),
        Flow.DISCARDED: words.discarded,
        Flow.CANCELLED: words.cancelled,
        Flow.WAIT: words.started if events.by_job and jobs.has("created_at") else (),
        Flow.RUN: words.started and (words.completed or words.failed) if events.by_job else (),
    }
    return frozenset(flow for flow, group in named.items() if group)


def query(events: EventLayout, jobs: Layout, span: minutes.Span, thresholds: tuple[float, ...]) -> str:
    """Rows of (minute, queue, kind, flow, bucket, count, seconds, gone)."""
    told = tells(events, jobs)
    parts = [_counted(events)] if _meanings(events) else []
    parts += [_deaths(events)] if Flow.DEAD_LETTER in told and events.words.failed else []
    parts += [_timed(Flow.WAIT, "wait", thresholds)] if Flow.WAIT in told else []
    parts += [_timed(Flow.RUN, "run", thresholds)] if Flow.RUN in told else []
    joined = _joined(events.aliased("ev"), jobs.aliased("jobs"), span, told)
    return f"WITH e AS MATERIALIZED (\n{joined}\n)\n" + "\nUNION ALL\n".join(parts)


def _with_jobs(events: EventLayout, jobs: Layout) -> str:
    return (
        f"{events.relation.sql} AS ev\n"
        f"  LEFT JOIN {jobs.relation.sql} AS jobs ON {jobs.columns['id'].sql} = {events.job_id.sql}"
    )


def _joined(events: EventLayout, jobs: Layout, span: minutes.Span, told: frozenset[Flow]) -> str:
    """Events of the span with the lane of their job, whether it is gone or dead by now, how long it had
    waited when it was started, and how long it had run when the attempt ended."""
    at = events.created_at.moment
    return (
        f"  SELECT {events.job_id.sql} AS job_id, {events.word} AS stage, {at} AS at,\n"
        f"         {minutes.minute(at)} AS minute, {jobs.label('queue')} AS queue, {jobs.label('kind')} AS kind,\n"
        f"         {jobs.columns['id'].sql} IS NULL AS gone,\n"
        f"         coalesce({jobs.state_is('dead_letter')}, false) AS dead,\n"
        f"         {_wait(events, jobs) if Flow.WAIT in told else 'NULL::float8'} AS wait,\n"
        f"         {minutes.seconds('started.at', at) if Flow.RUN in told else 'NULL::float8'} AS run\n"
        f"  FROM {_with_jobs(events, jobs)}\n"
        f"{_last_start(events) if Flow.RUN in told else ''}"
        f"  WHERE {span.covers(events.created_at)}"
    )


def _wait(events: EventLayout, jobs: Layout) -> str:
    """Seconds from when the job was due to its start. A retry moves run_at, and with it goes the moment
    from which the earlier attempt had waited; where it was not moved, only the first start was waited for."""
    at, earlier = events.created_at.moment, events.aliased("s")
    return (
        f"CASE WHEN {events.word} IN ({events.listed('started')}) AND NOT EXISTS (\n"
        f"           SELECT FROM {events.relation.sql} AS s\n"
        f"           WHERE {_same_job(earlier, events)} AND {earlier.created_at.moment} < {at}\n"
        f"             AND {earlier.created_at.moment} >= {jobs.since})\n"
        f"         THEN {minutes.seconds(jobs.since, at)} END"
    )


def _last_start(events: EventLayout) -> str:
    at, start = events.created_at.moment, events.aliased("s")
    return (
        f"  CROSS JOIN LATERAL (\n"
        f"    SELECT max({start.created_at.moment}) AS at FROM {events.relation.sql} AS s\n"
        f"    WHERE {events.word} IN ({events.listed('completed', 'failed')}) AND {_same_job(start, events)}\n"
        f"      AND {start.created_at.moment} <= {at}) AS started\n"
    )


def _same_job(start: EventLayout, events: EventLayout) -> str:
    return f"{start.job_id.sql} = {events.job_id.sql} AND {start.word} IN ({start.listed('started')})"


def _meanings(events: EventLayout) -> dict[str, Flow]:
    words = events.words
    named = {
        Flow.ENQUEUED: words.enqueued,
        Flow.ATTEMPT_FAILED: words.failed,
        Flow.COMPLETED: words.completed,
        Flow.DEAD_LETTER: words.dead_letter,
        Flow.DISCARDED: words.discarded,
        Flow.CANCELLED: words.cancelled,
    }
    return {word.lower(): flow for flow, group in named.items() for word in group}


def _counted(events: EventLayout) -> str:
    values = ", ".join(f"({Literal(word).as_string()}, '{flow}')" for word, flow in _meanings(events).items())
    return (
        "SELECT minute, queue, kind, flow, 0, count(*), 0::float8, gone\n"
        f"FROM e JOIN (VALUES {values}) AS word(name, flow) ON word.name = e.stage\n"
        "GROUP BY minute, queue, kind, flow, gone"
    )


def _deaths(events: EventLayout) -> str:
    """A death without an event of its own: the last failure of a job that is dead now."""
    return (
        f"SELECT minute, queue, kind, '{Flow.DEAD_LETTER}', 0, count(*), 0::float8, false\n"
        f"FROM (SELECT DISTINCT ON (job_id) * FROM e\n"
        f"      WHERE dead AND stage IN ({events.listed('failed', 'dead_letter')})\n"
        f"      ORDER BY job_id, at DESC, stage IN ({events.listed('dead_letter')}) DESC) AS last\n"
        f"WHERE stage IN ({events.listed('failed')})\n"
        "GROUP BY minute, queue, kind"
    )


def _timed(flow: Flow, column: str, thresholds: tuple[float, ...]) -> str:
    return (
        f"SELECT minute, queue, kind, '{flow}', {minutes.bucket(column, thresholds)}, count(*), sum({column}), gone\n"
        f"FROM e WHERE {column} IS NOT NULL\n"
        "GROUP BY 1, 2, 3, 5, 8"
    )
