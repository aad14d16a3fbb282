"""A database with jobs and workers, and a jobqueue.yml about it, for commands that a test runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
from click.testing import CliRunner, Result
from psycopg.types.json import Jsonb

from jobqueue_exporter.cli import main
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.table import heartbeats
from tests.engines.table.shop import EVENTS, Jobs, Shop

T = TypeVar("T")

UNREACHABLE = "postgresql://me:hunter2@127.0.0.1:1/gone"


@dataclass(frozen=True)
class Pipeline:
    """Jobs and workers that a test makes, in one database; `jobqueue.yml` in the working directory names it `shop`."""

    database: Database
    jobs: Jobs

    def worker(
        self,
        name: str,
        *,
        beat: float = 0.0,
        slots: int = 3,
        busy: int = 0,
        queues: Sequence[str] = ("jobs",),
        **has: bool,
    ) -> None:
        """A worker whose newest heartbeat is `beat` seconds from now, with programs that it has or has not."""
        self.database.connection.execute(
            "INSERT INTO job_workers (worker_id, heartbeat_at, queues, slots, busy, binaries) "
            "VALUES (%s, now() + make_interval(secs => %s), %s, %s, %s, %s)",
            (name, beat, list(queues), slots, busy, Jsonb(has)),
        )

    def also(self, name: str, dsn: str) -> None:
        """A further source in jobqueue.yml."""
        with Path("jobqueue.yml").open("a") as file:
            file.write(f"  - {{name: {name}, dsn: '{dsn}', engine: table, table: jobs, timeout: 2s}}\n")


def pipeline(database: Database, directory: Path, *, binaries: Sequence[str] = ()) -> Pipeline:
    """A new one, its jobqueue.yml in this directory: no job may wait for longer than 60 s."""
    shop = Shop(database)
    jobs = shop.jobs()
    database.connection.execute("CREATE INDEX ON jobs (state)")
    database.connection.execute(EVENTS.encode())
    database.connection.execute(heartbeats.script().encode())
    (directory / "jobqueue.yml").write_text(
        "queues: [{match: {}, wait_objective: 60s}]\n"
        "sources:\n"
        f"  - {{name: shop, dsn: '{database.dsn}', engine: table, table: jobs, lease: 30s,\n"
        f"     heartbeats: {{table: job_workers}}, binaries: {json.dumps([*binaries])}}}\n"
    )
    return Pipeline(database, jobs)


def run(*arguments: str) -> Result:
    """What `jobqueue` with these arguments writes, and its exit code."""
    return CliRunner().invoke(main, arguments)


def read(kind: type[T], *arguments: str, code: int = 0) -> T:
    """The document that it writes as JSON, each field of the type that it says."""
    result = run(*arguments, "--output", "json")
    assert result.exit_code == code, result.output
    found = msgspec.json.decode(result.stdout, type=kind)
    # Nothing is written that the type does not name.
    assert json.loads(msgspec.json.encode(found)) == json.loads(result.stdout)
    return found
