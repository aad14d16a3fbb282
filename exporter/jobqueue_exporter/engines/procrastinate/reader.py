"""Reads procrastinate's tables: all collectors in one read-only transaction."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.procrastinate import failed, flows, live_jobs, milestones, schema, workers
from jobqueue_exporter.engines.procrastinate.event_search import EventSearch
from jobqueue_exporter.engines.procrastinate.namespace import EVENTS, WORKERS
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.engines.procrastinate.vanished import Vanished
from jobqueue_exporter.engines.protocol import Collector, Part, Request, Statement, Tier
from jobqueue_exporter.engines.sql import clock, minutes, relation
from jobqueue_exporter.errors import Refused, SourceError
from jobqueue_exporter.model import Facts, Signal
from jobqueue_exporter.sources.postgres import Postgres, Session

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 300.0
Read = Callable[[], Facts]
_BY_FLOWS = frozenset(
    {Signal.ENQUEUED, Signal.FINISHED, Signal.FAILED, Signal.ATTEMPTS_FAILED, Signal.WAIT, Signal.RUN}
)


class ProcrastinateReader:
    """One set of procrastinate's tables in one Postgres."""

    engine = "procrastinate"

    def __init__(self, source: Source) -> None:
        self._source = source
        place = dsn.parse(source.dsn)
        self._postgres = Postgres(place, connect_timeout=source.timeout)
        self._notices = place.notices
        self._schema: Schema | None = None
        self._looked_at = -math.inf
        self._secured = ""
        self._few = False
        self._search = EventSearch()
        self._vanished = Vanished()

    @property
    def collectors(self) -> Sequence[Collector]:
        """The collectors of this source; none before its first reading."""
        return tuple(_collectors(self._schema)) if self._schema else ()

    @property
    def signals(self) -> Mapping[Signal, bool]:
        """What this source can tell; nothing before its first reading."""
        if self._schema is None:
            return {}
        told = set(_BY_FLOWS) if self._schema.events is not None and not self._vanished.seen else set()
        told |= {Signal.STUCK} if self._schema.tells_stuck else set()
        told |= {Signal.WORKERS} if self._schema.workers is not None else set()
        return {signal: signal in told for signal in Signal}

    def read(self, request: Request) -> Iterator[Part]:
        """One part for each collector that is due, core first. Raises SourceError."""
        try:
            with self._postgres.session(request.deadline) as session:
                yield from self._parts(session, request)
        except SourceError:
            self._look_again()
            raise

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """What `read` sends, by sending it, with the plan of each if asked. Raises SourceError."""
        with self._postgres.session(request.deadline) as session:
            self.schema(session)
            found = [Statement("schema", text) for text in session.sent]
            for part in self._parts(session, request):
                found += [Statement(part.collector, text) for text in session.sent[len(found) :]]
            return [replace(one, plan=session.explained(one.text)) for one in found] if explain else found

    def schema(self, session: Session) -> Schema:
        """The tables, looked at again after a failure, after a while, or when row-level security is switched.

        Raises:
            Refused: they cannot be read.
            psycopg.Error: the catalog could not be read.
        """
        if self._schema is None or self._outdated(session, self._schema):
            fresh = schema.read(session, self._source.schema)
            if self._schema is None or milestones.version(fresh.marks) != milestones.version(self._schema.marks):
                log.info(
                    "source=%s took procrastinate's tables in %s, %s",
                    self._source.name,
                    fresh.jobs.schema,
                    milestones.version(fresh.marks),
                )
            self._schema, self._looked_at = fresh, time.monotonic()
            self._secured = _secured(session, fresh)
        return self._schema

    def stop(self) -> None:
        """End a reading under way from another thread."""
        self._postgres.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._postgres.close()

    def _outdated(self, session: Session, current: Schema) -> bool:
        if time.monotonic() - self._looked_at > LOOK_AGAIN_SECONDS:
            return True
        return _secured(session, current) != self._secured

    def _look_again(self) -> None:
        """Read the catalog at the next reading: what failed may have been altered."""
        self._looked_at, self._few = -math.inf, False

    def _parts(self, session: Session, request: Request) -> Iterator[Part]:
        current = self.schema(session)
        reads = self._reads(session, current, request)
        for collector in self.collectors:
            if collector.tier is Tier.CORE or collector.name in request.extras:
                yield self._part(session, current, collector.name, reads[collector.name])

    def _part(self, session: Session, current: Schema, name: str, read: Read) -> Part:
        """What one collector brings. Without the jobs themselves the whole reading is worth nothing."""
        start = time.perf_counter()
        try:
            if name in _problems(current):
                raise Refused(_problems(current)[name])
            facts = read() if name == "jobs" else session.contained(read)
        except SourceError as error:
            if name == "jobs":
                raise
            self._look_again()
            return Part(collector=name, seconds=time.perf_counter() - start, error=str(error))
        return Part(collector=name, seconds=time.perf_counter() - start, facts=facts)

    def _reads(self, session: Session, current: Schema, request: Request) -> dict[str, Read]:
        return {
            "jobs": lambda: self._jobs(session, current),
            "workers": lambda: workers.read(session, current, self._source.lease),
            "dead_letters": lambda: failed.read(session, current, self._source.count_cap),
            "flows": lambda: self._flows(session, current, request),
        }

    def _jobs(self, session: Session, current: Schema) -> Facts:
        """While there are few jobs they are counted without a bound, which is quicker."""
        facts = live_jobs.read(session, current, self._source, bounded=not self._few)
        self._few = not any((facts.capped or {}).values())
        told = (*self._notices, *schema.notices(current), *self._vanished.notices)
        return facts.merged(Facts(notices=told))

    def _flows(self, session: Session, current: Schema, request: Request) -> Facts:
        events = current.events
        if events is None:
            raise Refused(current.problems[EVENTS])
        now = clock.read(session)
        span = minutes.span(now.flows_until, request.flows_since, self._source.late_commit)
        above = self._search.last_before(session, events, span.start, self._source.late_commit)
        rows = session.rows(flows.query(current, events, above, span, request.thresholds))
        found = flows.window(rows, span, flows.TELLS, current.jobs.name)
        self._vanished.look(session, current, found)
        return Facts(flow_window=self._vanished.told(found))


def _secured(session: Session, current: Schema) -> str:
    """A text that changes when row-level security is switched, or its policies where it is on."""
    active = ", ".join(f"row_security_active({found.oids[0]})" for found in current.relations)
    if any(session.rows(f"SELECT {active}")[0]):
        return relation.fingerprint(session, current.relations)
    return ""


def _collectors(current: Schema) -> Iterator[Collector]:
    yield Collector("jobs", Tier.CORE)
    if current.workers is not None or WORKERS in current.problems:
        yield Collector("workers", Tier.CORE)
    if current.finds_failed:
        yield Collector("dead_letters", Tier.EXTRA)
    yield Collector("flows", Tier.EXTRA)


def _problems(current: Schema) -> dict[str, str]:
    """Why a collector cannot bring anything, by its name."""
    tables = {WORKERS: "workers", EVENTS: "flows"}
    return {tables[table]: problem for table, problem in current.problems.items()}
