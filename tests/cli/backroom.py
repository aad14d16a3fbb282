"""A jobs table with jobs in every state, a configuration that names it, and `jobqueue` run on it."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database

_ADD = """
INSERT INTO jobs (workspace_id, kind, state, attempts, last_error, locked_by, heartbeat_at)
SELECT gen_random_uuid(), %s, %s, %s, %s, %s, now() - make_interval(secs => %s) FROM generate_series(1, %s)
RETURNING id::text
"""


@dataclass(frozen=True)
class Backroom:
    """System A's tables in a database, as the source `shop`."""

    database: Database
    folder: Path

    @classmethod
    def made(cls, database: Database, folder: Path) -> Backroom:
        """The tables, empty, and the configuration."""
        schema.create_tables(database.connection)
        room = cls(database, folder)
        room.configure(shop=database.dsn)
        return room

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.folder / "jobqueue.yml"

    def configure(self, **dsns: str) -> None:
        """Sources by these names, each with a table `public.jobs`."""
        sources = [{"name": name, "dsn": dsn, "engine": "table", "table": "public.jobs"} for name, dsn in dsns.items()]
        self.config.write_text(json.dumps({"sources": sources}))

    def add(
        self, state: str, count: int = 1, *, kind: str = "A", error: str = "connection reset", silent: float = 0
    ) -> list[str]:
        """The ids of new jobs, in order; one that runs is held by a worker that was `silent` for so many seconds."""
        runs = state == "running"
        attempts = {"queued": 0, "running": 1}.get(state, 5)
        text = error if state == "dead_letter" else None
        values = (kind, state, attempts, text, "worker-1" if runs else None, silent if runs else None, count)
        rows = self.database.connection.execute(_ADD, values).fetchall()
        return sorted(str(row[0]) for row in rows)

    def states(self) -> Mapping[str, int]:
        """How many jobs are in each state."""
        return Counter(row[0] for row in self.database.connection.execute("SELECT state FROM jobs"))

    def state(self, job: str) -> str:
        """The state of a job."""
        row = self.database.connection.execute("SELECT state FROM jobs WHERE id = %s", [job]).fetchone()
        return "gone" if row is None else str(row[0])

    def given_back(self) -> list[str]:
        """The jobs of which there is an event that says so, one for each time."""
        rows = self.database.connection.execute("SELECT job_id::text FROM job_events WHERE stage = 'requeued'")
        return sorted(row[0] for row in rows)

    def run(self, *words: str, typed: str | bytes | None = None) -> Result:
        """What comes of `jobqueue …` without a terminal."""
        return CliRunner().invoke(main, [*words, "--config", str(self.config)], input=typed)

    def command(self, *words: str) -> tuple[list[str], dict[str, str]]:
        """The same as a process: its words and its environment."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
        return [sys.executable, "-m", "jobqueue_exporter", *words, "--config", str(self.config)], environment
