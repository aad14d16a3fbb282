"""What we will read of one database: the jobs table, and the tables that go with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeVar

from jobqueue_exporter.config.types import DeadLetterTable, Events, Heartbeats, Source
from jobqueue_exporter.engines.sql import relation
from jobqueue_exporter.engines.table import (
    dead_letter_table,
    detect,
    event_flows,
    finished_flows,
    job_workers,
    layout,
    left_out,
    observed,
    walk,
    worker_table,
)
from jobqueue_exporter.engines.table.dead_letter_table import DeadLetterLayout
from jobqueue_exporter.engines.table.event_flows import EventLayout
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.words import FAILED
from jobqueue_exporter.engines.table.worker_table import WorkerLayout
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Flow, Signal, State
from jobqueue_exporter.sources.postgres import Session

L = TypeVar("L")
W = TypeVar("W", Events, Heartbeats, DeadLetterTable)


@dataclass(frozen=True, slots=True)
class Plan:
    """The tables of one source, read and understood. `problems` goes by collector; `fingerprint` is that of
    the tables when they were looked at, `walks` whether an index serves to count live jobs along it."""

    jobs: Layout
    events: EventLayout | None
    workers: WorkerLayout | None
    dead_letters: DeadLetterLayout | None
    problems: Mapping[str, str]
    notices: tuple[str, ...]
    fingerprint: str = ""
    walks: bool = False

    @property
    def relations(self) -> tuple[relation.Relation, ...]:
        """All relations that are read."""
        found = (self.jobs, self.events, self.workers, self.dead_letters)
        return tuple(layout.relation for layout in found if layout is not None)

    @property
    def flow_events(self) -> EventLayout | None:
        """The events table, if an index finds the latest events."""
        return self.events if self.events is not None and self.events.served else None

    @property
    def tells(self) -> frozenset[Flow]:
        """The flows that can be counted."""
        if self.flow_events is not None:
            return event_flows.tells(self.flow_events, self.jobs)
        return finished_flows.tells(self.jobs)

    @property
    def tells_failures(self) -> bool:
        """Whether those that failed for good are among the jobs that are counted as they end."""
        return Flow.COMPLETED in self.tells and not self.tells.isdisjoint({Flow.DEAD_LETTER, Flow.DISCARDED})

    @property
    def told_states(self) -> frozenset[State]:
        """The states that can be counted."""
        states, told = self.jobs.states, {State.PENDING}
        told |= {State.SCHEDULED} if self.jobs.has("run_at") else set()
        told |= {State.RETRYING} if self.jobs.tells_retries else set()
        told |= {State.BLOCKED} if states["blocked"] else set()
        told |= {State.RUNNING} if states["running"] else set()
        if self.dead_letters is not None:
            told |= {State.DEAD_LETTER, State.RETRYING}
        return frozenset(told | ({State.DEAD_LETTER} if states["dead_letter"] else set()))

    @property
    def dated_states(self) -> frozenset[State]:
        """The states whose ages can be told."""
        jobs, dated = self.jobs, set()
        if jobs.has("run_at") or jobs.has("created_at"):
            dated.add(State.PENDING)
        if jobs.has("started_at"):
            dated.add(State.RUNNING)
        if self.dead_letters is not None or jobs.tells_deaths:
            dated.add(State.DEAD_LETTER)
        return frozenset(dated) & self.told_states

    @property
    def by_rows(self) -> bool:
        """Whether workers are known only by the jobs that they hold."""
        return self.workers is None and "workers" not in self.problems and job_workers.told(self.jobs)

    def signals(self, *, workers_seen: bool) -> Mapping[Signal, bool]:
        """What this source can tell; job rows tell of workers only while jobs run."""
        tells = self.tells
        return {
            Signal.ENQUEUED: Flow.ENQUEUED in tells,
            Signal.FINISHED: Flow.COMPLETED in tells,
            Signal.FAILED: self.tells_failures,
            Signal.ATTEMPTS_FAILED: Flow.ATTEMPT_FAILED in tells,
            Signal.WAIT: Flow.WAIT in tells,
            Signal.RUN: Flow.RUN in tells,
            Signal.STUCK: self.jobs.has("heartbeat_at") and State.RUNNING in self.told_states,
            Signal.WORKERS: self.workers is not None or (self.by_rows and workers_seen),
            Signal.SLOTS: self.workers is not None and "slots" in self.workers.columns,
            Signal.PAUSE: False,
            Signal.CAUSES: State.DEAD_LETTER in self.told_states and self._tells_errors,
            Signal.RECOVERY: self.dead_letters is not None,
            Signal.SCHEDULES: False,
        }

    @property
    def _tells_errors(self) -> bool:
        return bool(self.jobs.errors) if self.dead_letters is None else self.dead_letters.error is not None

    def describe(self) -> tuple[str, ...]:
        """What was taken for what, a line each, for people."""
        jobs = self.jobs
        columns = ", ".join(
            column.name if column.name == role else f"{column.name} as {role}" for role, column in jobs.columns.items()
        )
        states = ", ".join(
            f"{word} = {meaning}" for meaning, words in jobs.states.items() for word in words if word in jobs.observed
        )
        lines = [
            f"jobs table {jobs.relation.label}",
            f"columns {columns}",
            f"states {states or 'none seen yet'}",
        ]
        companions = {"events": self.events, "heartbeats": self.workers, "dead letters": self.dead_letters}
        lines += [f"{name} table {found.relation.label}" for name, found in companions.items() if found]
        return tuple(lines)


def make(session: Session, source: Source, asked: Source | None = None) -> Plan:
    """Looks at the catalog and decides what to read. `asked` is the source as it was configured, when `source`
    also holds what was once recognised.

    Raises:
        Refused: there is no jobs table, or it cannot be read as configured.
        psycopg.Error: the catalog could not be read.
    """
    tables = detect.tables(session)
    name = detect.jobs_table(session, source, tables)
    described = relation.describe(session, name)
    state = layout.state_column(described, source)
    values = observed.values(session, described, state) if state else ()
    complete = state is not None and observed.complete(described, state, values)
    jobs = layout.resolve(described, source, values, complete=complete)
    beside = detect.companions(tables, described.schema, described.sql)
    made = _Companions(session, source, asked or source).joined(jobs, beside, tables)
    return replace(
        made,
        fingerprint=relation.fingerprint(session, made.relations),
        notices=(*made.notices, *_zone_notices(session, jobs)),
        walks=walk.served(session, jobs),
    )


def _zone_notices(session: Session, jobs: Layout) -> tuple[str, ...]:
    """What a person should know of times without a zone: they are read as UTC."""
    naive = sorted({c.name for c in jobs.columns.values() if c.declared == "timestamp without time zone"})
    zone = session.rows("SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'")[0][0] if naive else "UTC"
    if zone in ("UTC", "Etc/UTC", "GMT"):
        return ()
    return (
        f"times without a time zone in {jobs.relation.label} ({', '.join(naive)}) are read as UTC, but the database's "
        f"zone is {zone}: if they hold local time all ages are wrong; make the columns timestamptz, or read a view",
    )


def outdated(session: Session, plan: Plan) -> bool:
    """Whether a table was altered since the plan was made, or its state column holds a value that it did not
    hold then. The latter is only asked where an index answers at once; elsewhere all usual words are looked
    for at each reading. Raises psycopg.Error."""
    if relation.fingerprint(session, plan.relations) != plan.fingerprint:
        return True
    state = plan.jobs.columns["state"]
    if not plan.jobs.complete or state.labels:
        return False
    return not set(observed.values(session, plan.jobs.relation, state)) <= set(plan.jobs.observed)


class _Companions:
    """Looks up the tables beside the jobs table. One that was asked for and is wrong fails its collector;
    one that merely stands there and cannot be read is left out with a notice."""

    def __init__(self, session: Session, source: Source, asked: Source) -> None:
        self._session = session
        self._source = source
        self._asked = asked
        self._problems: dict[str, str] = {}
        self._notices: list[str] = []

    def joined(self, jobs: Layout, usual: detect.Found, tables: list[detect.Candidate]) -> Plan:
        """The plan with all companions that can be used; unasked, only those that are of no other table."""
        source = self._source
        self._notices += left_out.elsewhere(usual, self._asked, jobs, tables)
        whose = detect.owner(tables, jobs.relation.schema)
        if whose != jobs.relation.name:
            self._notices += left_out.of_another(usual, self._asked, jobs, whose)
            usual = detect.Found(usual.jobs, "", "", "")
        events = self._find("flows", source.events, usual.events, Events, partial(self._events, jobs))
        workers = self._find(
            "workers", source.heartbeats, usual.heartbeats, Heartbeats, lambda r, _: worker_table.resolve(r)
        )
        unasked = self._unasked_graves(jobs, usual.dead_letters)
        graves = self._find("jobs", source.dead_letters, unasked, DeadLetterTable, self._graves)
        if "jobs" in self._problems:
            raise Refused(self._problems["jobs"])
        notices = (*jobs.notices, *self._notices)
        return Plan(jobs, events, workers, graves, self._problems, notices)

    def _unasked_graves(self, jobs: Layout, name: str) -> str:
        """The dead-letter table that may be read unasked: only where the jobs table has no dead jobs itself, as far as
        can be told, since each must be counted once."""
        if not name or self._source.dead_letters or self._asked.dead_letters is not None:
            return name
        own = sorted(_dead_words(jobs))
        if not own and (jobs.complete or not jobs.has("max_attempts")):
            return name
        why = f"has dead jobs itself ({', '.join(own)})" if own else "may have dead jobs itself"
        self._notices.append(f"{name} is left out: {jobs.relation.label} {why}; name it under dead_letters if not")
        return ""

    def _events(self, jobs: Layout, found: relation.Relation, words: Events) -> EventLayout:
        events = event_flows.resolve(found, words, jobs)
        try:
            self._session.contained(lambda: self._session.rows(event_flows.join_check(events, jobs)))
        except Refused as error:
            column = f"{found.label}.{events.job_id.name}"
            raise Refused(f"events: {column} does not match {jobs.relation.label}: {error}") from error
        if not events.served:
            self._notices.append(
                f"flows are not told by {found.label}: it has no index on {events.created_at.name}; "
                "`jobqueue doctor` prints it"
            )
        return events

    def _graves(self, found: relation.Relation, words: DeadLetterTable) -> DeadLetterLayout:
        status = dead_letter_table.status_column(found, words)
        values = observed.values(self._session, found, status)
        layout, notices = dead_letter_table.resolve(found, words, values)
        self._notices += notices
        return layout

    def _find(
        self,
        collector: str,
        wanted: W | Literal[False] | None,
        usual: str,
        words: type[W],
        resolve: Callable[[relation.Relation, W], L],
    ) -> L | None:
        asked = wanted or None
        name = asked.table if asked else usual
        if wanted is False or not name:
            return None
        try:
            return self._session.contained(
                lambda: resolve(relation.describe(self._session, name), asked or words(table=name))
            )
        except Refused as error:
            if asked:
                self._problems[collector] = str(error)
            else:
                self._notices.append(f"{name} is left out: {error}")
            return None


def _dead_words(jobs: Layout) -> set[str]:
    """The values of the jobs table's own state column that say dead letter. A failed job is not among them:
    it may well be the one that is kept in the other table."""
    return {word for word in jobs.observed if word in jobs.states["dead_letter"] and word.lower() not in FAILED}
