"""Reads a team's own jobs table: all collectors in one read-only transaction."""

from __future__ import annotations

import logging
import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Heartbeats, Source
from jobqueue_exporter.engines import causes
from jobqueue_exporter.engines.protocol import Collector, Part, Request, Statement, Tier
from jobqueue_exporter.engines.sql import clock, minutes
from jobqueue_exporter.engines.table import (
    dead_letter_table,
    dead_letters,
    event_flows,
    finished_flows,
    flows,
    kept,
    live_jobs,
    plan,
    walk,
    worker_table,
)
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.errors import Refused, SourceError
from jobqueue_exporter.model import Binary, Facts, Place, Signal, State
from jobqueue_exporter.sources.postgres import Postgres, Session

log = logging.getLogger(__name__)

REPLAN_SECONDS = 300.0
Read = Callable[[], Facts]


class TableReader:
    """One jobs table in one Postgres."""

    engine = "table"

    def __init__(self, source: Source, database: Postgres | None = None) -> None:
        self._source = source
        place = dsn.parse(source.dsn)
        self._postgres = database or Postgres(place, connect_timeout=source.timeout)
        self._notices = place.notices
        self._causes = causes.causes(source.causes)
        self._plan: Plan | None = None
        self._planned_at = 0.0
        self._workers_seen = False
        self._walks = False
        self._few = False
        self._counts = flows.Counts()

    @property
    def collectors(self) -> Sequence[Collector]:
        """The collectors of this source; none before its first reading."""
        return tuple(_collectors(self._plan, self._source)) if self._plan else ()

    @property
    def signals(self) -> Mapping[Signal, bool]:
        """What this source can tell; nothing before its first reading."""
        return self._plan.signals(workers_seen=self._workers_seen) if self._plan else {}

    @property
    def planned(self) -> Plan:
        """What was last decided to read. Raises Refused before the first reading."""
        if self._plan is None:
            raise Refused(f"source {self._source.name} was not read yet")
        return self._plan

    def read(self, request: Request) -> Iterator[Part]:
        """One part for each collector that is due, core first. Raises SourceError."""
        with self._postgres.session(request.deadline) as session:
            try:
                yield from self._parts(session, request)
            except Exception:
                self._look_again()
                raise

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """What `read` sends, by sending it, with the plan of each if asked. Raises SourceError."""
        with self._postgres.session(request.deadline) as session:
            self.plan(session)
            found = [Statement("plan", text) for text in session.sent]
            for part in self._parts(session, request):
                found += [Statement(part.collector, text) for text in session.sent[len(found) :]]
            return [replace(one, plan=session.explained(one.text)) for one in found] if explain else found

    def plan(self, session: Session) -> Plan:
        """What to read, looked up anew every few minutes. Raises SourceError and psycopg.Error."""
        if self._plan is None or self._outdated(session):
            fresh = plan.make(session, kept.to(self._plan, self._source), self._source)
            kept.check(self._plan, fresh)
            if self._plan is None or fresh.describe() != self._plan.describe():
                log.info("source=%s took %s", self._source.name, "; ".join(fresh.describe()))
            self._plan, self._planned_at, self._walks = fresh, time.monotonic(), fresh.walks
        return self._plan

    def _outdated(self, session: Session) -> bool:
        if time.monotonic() - self._planned_at > REPLAN_SECONDS:
            return True
        return plan.outdated(session, self.planned)

    def _look_again(self) -> None:
        """Make the plan anew at the next reading: what failed may have been altered."""
        self._planned_at, self._few = -math.inf, False

    def stop(self) -> None:
        """End a reading under way from another thread."""
        self._postgres.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._postgres.close()

    def _parts(self, session: Session, request: Request) -> Iterator[Part]:
        current = self.plan(session)
        reads = self._reads(session, current, request)
        for collector in self.collectors:
            if collector.tier is Tier.EXTRA and collector.name not in request.extras:
                continue
            yield self._part(session, current, collector, reads[collector.name])

    def _part(self, session: Session, current: Plan, collector: Collector, read: Read) -> Part:
        """What one collector brings. Without the jobs themselves the whole reading is worth nothing."""
        start = time.perf_counter()
        try:
            if collector.name in current.problems:
                raise Refused(current.problems[collector.name])
            facts = read() if collector.name == "jobs" else session.contained(read)
        except SourceError as error:
            if collector.name == "jobs":
                raise
            self._look_again()
            return Part(collector=collector.name, seconds=time.perf_counter() - start, error=str(error))
        return Part(collector=collector.name, seconds=time.perf_counter() - start, facts=facts)

    def _reads(self, session: Session, current: Plan, request: Request) -> dict[str, Read]:
        return {
            "jobs": lambda: self._jobs(session, current),
            "workers": lambda: self._workers(session, current),
            "dead_letters": lambda: self._dead_letters(session, current),
            "recovery": lambda: self._recovery(session, current),
            "flows": lambda: self._flows(session, current, request),
        }

    def _jobs(self, session: Session, current: Plan) -> Facts:
        try:
            facts = live_jobs.read(session, current, self._source, walks=self._walks, bounded=not self._few)
        except walk.Unsuited:
            self._walks = False
            facts = live_jobs.read(session, current, self._source, walks=False)
        self._few = not any((facts.capped or {}).values())
        self._workers_seen = facts.workers is not None
        return facts.merged(Facts(binaries=_binaries_here(self._source), notices=self._notices))

    def _workers(self, session: Session, current: Plan) -> Facts:
        if current.workers is None:
            return Facts()
        source = self._source
        forget = source.heartbeats.forget if source.heartbeats else Heartbeats(table="").forget
        query = worker_table.query(current.workers, lease_seconds=source.lease, forget_seconds=forget)
        return worker_table.facts(session.rows(query), current.workers)

    def _dead_letters(self, session: Session, current: Plan) -> Facts:
        dead = (
            dead_letters.of_table(current.dead_letters) if current.dead_letters else dead_letters.of_jobs(current.jobs)
        )
        queue = current.jobs.relation.name
        found = dead_letters.read(session, dead, self._causes, self._source.count_cap, queue)
        windows = (dead_letters.WINDOW,) if dead.dated else ()
        return Facts(dead_letters=found, dead_letter_windows=windows)

    def _recovery(self, session: Session, current: Plan) -> Facts:
        if current.dead_letters is None:
            return Facts()
        query = dead_letter_table.recovery_query(current.dead_letters, self._source.count_cap)
        return Facts(recovery=dead_letter_table.recovery(session.rows(query)))

    def _flows(self, session: Session, current: Plan, request: Request) -> Facts:
        end = clock.read(session).flows_until
        span = minutes.span(end, request.flows_since, self._source.late_commit)
        if current.flow_events is not None:
            query = event_flows.query(current.flow_events, current.jobs, span, request.thresholds)
        else:
            query = finished_flows.query(current.jobs, span, request.thresholds)
        rows = session.rows(query)
        return Facts(flow_window=self._counts.window(rows, span, current.tells, current.jobs.relation.name))


def _collectors(current: Plan, source: Source) -> Iterator[Collector]:
    yield Collector("jobs", Tier.CORE)
    if current.workers is not None or "workers" in current.problems:
        yield Collector("workers", Tier.CORE)
    if State.DEAD_LETTER in current.told_states:
        yield Collector("dead_letters", Tier.EXTRA)
    if current.dead_letters is not None:
        yield Collector("recovery", Tier.EXTRA)
    if current.tells or "flows" in current.problems:
        yield Collector("flows", Tier.EXTRA)


def _binaries_here(source: Source) -> tuple[Binary, ...] | None:
    if not source.check_binaries_here:
        return None
    return tuple(Binary(name, Place.EXPORTER, shutil.which(name) is not None) for name in source.binaries)
