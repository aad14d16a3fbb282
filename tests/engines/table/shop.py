"""A jobs table as a test wants it, and what one reading of it tells."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from uuid import uuid4

from psycopg import sql

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.model import (
    BUCKETS,
    Facts,
    Flow,
    FlowWindow,
    Lane,
    LaneJobs,
    Signal,
    Workers,
)
from jobqueue_exporter.secret import Secret

Value = str | int | float | None
EXTRAS = frozenset({"dead_letters", "recovery", "flows"})

# The columns of system A, by the names that most tables give them.
COLUMNS: Mapping[str, str] = {
    "id": "uuid PRIMARY KEY DEFAULT gen_random_uuid()",
    "workspace_id": "uuid DEFAULT gen_random_uuid()",
    "kind": "text",
    "priority": "int DEFAULT 5",
    "state": "text",
    "payload": "jsonb DEFAULT '{}'",
    "result": "jsonb",
    "error": "jsonb",
    "last_error": "text",
    "attempts": "int DEFAULT 0",
    "max_attempts": "int DEFAULT 5",
    "run_at": "timestamptz",
    "locked_at": "timestamptz",
    "locked_by": "text",
    "heartbeat_at": "timestamptz",
    "created_at": "timestamptz DEFAULT now()",
    "updated_at": "timestamptz DEFAULT now()",
}
MOMENTS = frozenset(
    {"run_at", "locked_at", "started_at", "heartbeat_at", "created_at", "updated_at", "finished_at", "completed_at"}
)
EVENTS = """
CREATE TABLE job_events (job_id uuid, stage text, data jsonb, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON job_events (created_at);
CREATE INDEX ON job_events (job_id, created_at);
"""


@dataclass(frozen=True)
class Jobs:
    """A jobs table. `named` maps the usual name of a column to its real one; moments are given in seconds
    from now, or as text, and `moment` says how they are written."""

    database: Database
    table: str
    named: Mapping[str, str]
    columns: frozenset[str]
    moment: str

    def add(self, count: int = 1, /, **values: Value) -> None:
        """`count` rows with these values by the usual names; what has no column is left out."""
        kept = {name: value for name, value in values.items() if name in self.columns}
        names = sql.SQL(", ").join(sql.Identifier(self.named.get(name, name)) for name in kept)
        marks = sql.SQL(", ").join(
            sql.SQL(self.moment if name in MOMENTS and isinstance(value, int | float) else "%s")
            for name, value in kept.items()
        )
        query = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {})").format(
            sql.SQL(self.table),
            names,
            marks,
            count,
        )
        self.database.connection.execute(query, list(kept.values()))

    def new(self, kind: str = "A", **values: Value) -> str:
        """The id of a new job that waits, and has done so for minutes."""
        job = str(uuid4())
        self.add(**{"id": job, "kind": kind, "state": "queued", "run_at": None, "created_at": -250} | values)
        return job


@dataclass(frozen=True)
class Told:
    """What one reading told: facts of all collectors in one, and the errors of those that failed."""

    facts: Facts
    errors: Mapping[str, str]
    signals: Mapping[Signal, bool]

    @property
    def lanes(self) -> dict[Lane, LaneJobs]:
        """The lanes, ages rounded to tens of seconds."""
        assert self.facts.lanes is not None, self.errors
        return {lane: _rounded(jobs) for lane, jobs in self.facts.lanes.items()}

    @property
    def workers(self) -> Workers | None:
        """The workers, the newest heartbeat as seconds from now, rounded to tens."""
        workers, now = self.facts.workers, self.facts.clock
        if workers is None or workers.newest_heartbeat is None or now is None:
            return workers
        return replace(workers, newest_heartbeat=round(workers.newest_heartbeat - now, -1) or 0.0)

    @property
    def flows(self) -> FlowWindow:
        """The flow window."""
        assert self.facts.flow_window is not None, self.errors
        return self.facts.flow_window

    @property
    def counts(self) -> dict[tuple[Lane, Flow], int]:
        """Events by lane and flow, all minutes and buckets together."""
        total: Counter[tuple[Lane, Flow]] = Counter()
        for count in self.flows.counts:
            total[count.lane, count.flow] += count.count
        return dict(total)

    def durations(self, flow: Flow) -> dict[int, tuple[int, float]]:
        """How many durations there are in each bucket, and their sum in seconds."""
        found: dict[int, tuple[int, float]] = {}
        for count in self.flows.counts:
            if count.flow is flow:
                events, seconds = found.get(count.bucket, (0, 0.0))
                found[count.bucket] = (events + count.count, round(seconds + count.seconds, 6))
        return found


class Shop:
    """A database that a test fills and reads."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._open = ExitStack()

    def run(self, *statements: str) -> None:
        """Run statements as the superuser."""
        for statement in statements:
            self.database.connection.execute(statement.encode())

    def jobs(
        self,
        table: str = "jobs",
        *,
        named: Mapping[str, str] | None = None,
        without: Iterable[str] = (),
        types: Mapping[str, str] | None = None,
        moment: str = "now() + make_interval(secs => %s)",
    ) -> Jobs:
        """A new jobs table: system A's, with other names or types of columns, more of them or fewer."""
        columns = {name: kind for name, kind in (dict(COLUMNS) | dict(types or {})).items() if name not in without}
        names = dict(named or {})
        quoted = {name: sql.Identifier(names.get(name, name)).as_string() for name in columns}
        listed = ", ".join(f"{quoted[name]} {kind}" for name, kind in columns.items())
        self.run(f"CREATE TABLE {table} ({listed})")
        return Jobs(self.database, table, names, frozenset(columns), moment)

    def events(self, *events: tuple[str, str, float]) -> None:
        """Events of (job, stage, seconds from now)."""
        for job, stage, seconds in events:
            self.database.connection.execute(
                "INSERT INTO job_events (job_id, stage, created_at) VALUES (%s, %s, now() + make_interval(secs => %s))",
                (job, stage, seconds),
            )

    def reader(self, *, role: str = "postgres", dsn: str = "", **options: object) -> TableReader:
        """A reader that is closed after the test."""
        dsn = dsn or self.database.dsn_of(role)
        reader = TableReader(Source(name="shop", dsn=Secret(dsn), **options))  # type: ignore[arg-type]  # whatever a source may have
        self._open.callback(reader.close)
        return reader

    def read(self, *, role: str = "postgres", dsn: str = "", **options: object) -> Told:
        """What one reading tells."""
        return self.told(self.reader(role=role, dsn=dsn, **options))

    def told(self, reader: TableReader, *, since: float | None = None) -> Told:
        """What one reading of this reader tells, with all its collectors. Raises SourceError."""
        request = Request(deadline=time.monotonic() + 20, extras=EXTRAS, flows_since=since, thresholds=BUCKETS)
        facts = Facts()
        errors: dict[str, str] = {}
        for part in reader.read(request):
            facts = facts.merged(part.facts or Facts())
            errors |= {part.collector: part.error} if part.error else {}
        return Told(facts, errors, reader.signals)

    def close(self) -> None:
        """Close all readers."""
        self._open.close()

    def clear(self) -> None:
        """Remove all that the test made."""
        roles = self._names("SELECT rolname FROM pg_roles WHERE oid >= 16384")
        schemas = self._names("SELECT nspname FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public'")
        self.run(
            *(f"DROP OWNED BY {role} CASCADE" for role in roles),
            *(f"DROP ROLE {role}" for role in roles),
            *(f"DROP SCHEMA {schema} CASCADE" for schema in schemas),
            "CREATE SCHEMA public",
            "GRANT USAGE ON SCHEMA public TO PUBLIC",
            f"ALTER DATABASE {self.database.name} RESET ALL",
        )

    def _names(self, query: str) -> list[str]:
        rows = self.database.connection.execute(query.encode()).fetchall()
        return [sql.Identifier(name).as_string() for (name,) in rows]


def _rounded(jobs: LaneJobs) -> LaneJobs:
    def tens(age: float | None) -> float | None:
        return None if age is None else round(age, -1)

    return replace(
        jobs,
        oldest_pending_seconds=tens(jobs.oldest_pending_seconds),
        oldest_running_seconds=tens(jobs.oldest_running_seconds),
        oldest_dead_letter_seconds=tens(jobs.oldest_dead_letter_seconds),
    )
