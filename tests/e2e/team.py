"""Teams whose job queues can be broken and mended: a database with workers, or a service that speaks HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from random import Random

import psycopg
from psycopg import sql

from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.demo.scenarios import SCENARIOS, Past, Scenario
from jobqueue_exporter.demo.seed import seed
from jobqueue_exporter.demo.workload import Workload
from tests.e2e.alertmanager import serving

# The demo's workers beat every 2 s, whatever the time scale.
LEASE_SECONDS = 8.0
HEALTHY = replace(
    SCENARIOS["healthy"], recovers_after_seconds=LEASE_SECONDS, past=Past(pending=0, dead={}, pending_seconds=0)
)
_ENQUEUE = """
WITH job AS (
    INSERT INTO jobs (workspace_id, kind, priority, max_attempts)
    SELECT gen_random_uuid(), %s, 1, 1 FROM generate_series(1, %s) RETURNING id, kind
)
INSERT INTO job_events (job_id, stage, data) SELECT id, 'enqueued', jsonb_build_object('kind', kind) FROM job
"""
_DELETE_DEAD = "DELETE FROM jobs WHERE state = 'dead_letter'"


@dataclass(slots=True)
class Team:
    """A database in which jobs arrive all the time, and workers that come and go."""

    name: str
    server: Server
    scenario: Scenario = HEALTHY
    _arrivals: Workload = field(init=False)
    _workers: Workload | None = None

    @property
    def dsn(self) -> str:
        """The database's URL."""
        return self.server.dsn(user=schema.OWNER, dbname=self.name)

    def behave(self, scenario: Scenario) -> None:
        """Everybody behaves like this from now on, workers that are started later too."""
        self.scenario = scenario
        self._arrivals.turn_into(replace(scenario, workers=0))
        if self._workers:
            self._workers.turn_into(replace(scenario, jobs_per_second=0))

    def hire(self) -> None:
        """Start the workers."""
        self._workers = Workload(self.dsn, replace(self.scenario, jobs_per_second=0)).__enter__()

    def kill(self) -> None:
        """End the workers where they stand: what they run is left behind."""
        if self._workers:
            self._workers.__exit__(None, None, None)
        self._workers = None

    def enqueue(self, kind: str, count: int) -> None:
        """Jobs that are tried once only."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute(_ENQUEUE, [kind, count])

    def running(self) -> int:
        """How many jobs run."""
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute("SELECT count(*) FROM jobs WHERE state = 'running'").fetchone()
        return int(found[0]) if found else 0

    def bury(self) -> None:
        """Delete all dead jobs."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute(_DELETE_DEAD)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The team with its tables, working until the end of the context."""
        with psycopg.connect(self.server.local_dsn(), autocommit=True) as admin:
            names = sql.Identifier(self.name), sql.Identifier(schema.OWNER)
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            schema.create_tables(connection)
            seed(connection, HEALTHY, Random(self.name))
        with Workload(self.dsn, replace(self.scenario, workers=0)) as self._arrivals:
            self.hire()
            try:
                yield
            finally:
                self.kill()


@contextmanager
def office() -> Iterator[Server]:
    """A server that has room for the databases of many teams."""
    with Server(tcp_roles=schema.OWNER, settings={"max_connections": "300"}) as server:
        with psycopg.connect(server.local_dsn(), autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(schema.OWNER)))
        yield server


@dataclass(slots=True)
class Services:
    """What HTTP services answer, by path: a status and JSON."""

    url: str = ""
    answers: dict[str, tuple[int, object]] = field(default_factory=dict)

    def say(self, path: str, status: int, body: object) -> None:
        """From now on `path` answers this."""
        self.answers[path] = (status, body)


@contextmanager
def services() -> Iterator[Services]:
    """Services on one port of this machine; a path of which nothing is known answers 404."""
    made = Services()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = made.answers.get(self.path, (404, {}))
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with serving(Handler) as made.url:
        yield made
