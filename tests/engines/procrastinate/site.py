"""procrastinate's tables in a database of their own, its API, its workers, and readers of ours."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import procrastinate
from procrastinate import sql
from procrastinate.jobs import Job
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool

from jobqueue_exporter import engines
from jobqueue_exporter.config.types import DurationOrZero, EngineName, Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.operations import Operation, Operator, Order
from jobqueue_exporter.engines.protocol import Part, Reader, Request
from jobqueue_exporter.model import BUCKETS, Facts, Lane, State
from jobqueue_exporter.secret import Secret

WORKER = Path(__file__).with_name("worker.py")
# Less than a test may take as a whole.
PATIENCE_SECONDS = 100.0
REQUEUE, RECLAIM, CANCEL, DELETE = (
    Order(operation=operation, who="ann")
    for operation in (Operation.REQUEUE, Operation.RECLAIM, Operation.CANCEL, Operation.DELETE)
)
EXTRAS = frozenset({"dead_letters", "flows"})


@dataclass(frozen=True, slots=True)
class Told:
    """What one reading brought."""

    parts: tuple[Part, ...]

    @property
    def facts(self) -> Facts:
        """The facts of all parts."""
        facts = Facts()
        for part in self.parts:
            facts = facts.merged(part.facts or Facts())
        return facts

    @property
    def errors(self) -> dict[str, str]:
        """Why collectors failed."""
        return {part.collector: part.error for part in self.parts if part.error}

    def counts(self) -> dict[Lane, dict[State, int]]:
        """The states of each lane in which there is something."""
        lanes = self.facts.lanes or {}
        return {lane: {state: n for state, n in jobs.counts.items() if n} for lane, jobs in lanes.items()}


class Site:
    """One database with procrastinate's schema."""

    def __init__(self, database: Database) -> None:
        self.database = database
        # A prepared statement would outlive a column that a test drops.
        database.connection.prepare_threshold = None
        self.app = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
        # A pool that the app makes itself opens four connections, and must have them all within 30 s.
        self._pool = ConnectionPool(database.dsn, min_size=1, max_size=1, timeout=PATIENCE_SECONDS, open=True)
        self.app.open(self._pool)
        self.app.schema_manager.apply_schema()
        self._readers: list[Reader | Operator] = []

    def close(self) -> None:
        """Give all connections back."""
        for reader in self._readers:
            reader.close()
        self.app.close()
        self._pool.close()

    def run(self, *statements: str) -> None:
        """Run statements as a superuser."""
        for statement in statements:
            self.database.connection.execute(statement.encode())

    def row(self, query: str) -> tuple[Any, ...]:
        """The first row of a query."""
        found = self.database.connection.execute(query.encode()).fetchone()
        assert found is not None
        return found

    def defer(self, task: str, args: Mapping[str, Any] | None = None, **options: Any) -> int:
        """Enqueue a job of this task by the engine's own API; returns its id."""
        options.setdefault("queue", "default")
        return self.app.configure_task(task, **options).defer(**(args or {}))

    def source(self, role: str | None = None, *, engine: str | None = "procrastinate", **settings: Any) -> Source:
        """The configuration of a source that is this database."""
        dsn = self.database.dsn if role is None else self.database.dsn_of(role)
        settings.setdefault("lease", DurationOrZero(2))
        return Source(name="site", dsn=Secret(dsn), engine=EngineName(engine) if engine else None, **settings)

    def reader(self, role: str | None = None, **settings: Any) -> Reader:
        """A reader, closed at the end of the test."""
        reader = engines.reader(self.source(role, **settings))
        self._readers.append(reader)
        return reader

    def operator(self, role: str | None = None, **settings: Any) -> Operator:
        """An operator, closed at the end of the test."""
        operator = engines.operator(self.source(role, **settings))
        self._readers.append(operator)
        return operator

    def told(self, reader: Reader | None = None, *, since: float | None = None, **settings: Any) -> Told:
        """What one reading of all collectors brings."""
        return told(reader or self.reader(**settings), since=since)

    def jobs(self, **filters: Any) -> list[Job]:
        """Jobs by the engine's own API."""
        return list(self.app.job_manager.list_jobs(**filters))

    def by_status(self) -> dict[Lane, Counter[str]]:
        """How many jobs of each lane are in each status, by the engine's own API."""
        found: dict[Lane, Counter[str]] = {}
        for job in self.jobs():
            found.setdefault(Lane(job.queue, job.task_name), Counter())[str(job.status)] += 1
        return found

    def status(self, job_id: int) -> str:
        """The status of a job, by the engine's own API."""
        return str(self.app.job_manager.get_job_status(job_id).value)

    def stalled(self, seconds: float) -> set[int]:
        """The jobs that the engine itself holds for stalled."""

        # Its method is for async connectors alone, and to open one takes as long as the machine likes. This is what
        # that method sends, on a connection that is there.
        asked = {"seconds_since_heartbeat": seconds, "queue": None, "task_name": None}
        query = sql.queries["select_stalled_jobs_by_heartbeat"]
        return {row[0] for row in self.database.connection.execute(query.encode(), asked)}

    def claimable(self) -> Counter[Lane]:
        """The jobs that the engine's own procedure hands out one after the other; they are put back."""
        found: Counter[Lane] = Counter()
        with self.database.connection.transaction(force_rollback=True):
            query = "SELECT id, queue_name, task_name FROM procrastinate_fetch_job_v2(NULL, NULL)"
            while (row := self.row(query))[0] is not None:
                found[Lane(row[1], row[2])] += 1
        return found

    def work(self, *options: str) -> None:
        """Let a worker do all that can be done now."""
        subprocess.run([sys.executable, WORKER, self.database.dsn, "--once", *options], check=True, timeout=60)

    @contextmanager
    def worker(self, *options: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker that goes on until the end of the block."""
        with subprocess.Popen([sys.executable, WORKER, self.database.dsn, *options]) as process:
            try:
                yield process
            finally:
                process.kill()

    def role(self, name: str, *grants: str) -> None:
        """A role with these rights only."""
        self.database.connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(name)))
        self.run(*(f"GRANT {grant} TO {name}" for grant in grants))


def request(*, since: float | None = None) -> Request:
    """A request for everything."""
    return Request(deadline=time.monotonic() + 20, extras=EXTRAS, flows_since=since, thresholds=BUCKETS)


def told(reader: Reader, *, since: float | None = None) -> Told:
    """What one reading of all collectors brings."""
    return Told(tuple(reader.read(request(since=since))))
