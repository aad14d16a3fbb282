"""A database with dead jobs, and commands run on it as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from jobqueue_exporter.demo.database import Database

JOBS = """
CREATE TABLE jobs (
  id bigint PRIMARY KEY, kind text, state text NOT NULL, payload jsonb, last_error text, attempts int DEFAULT 0,
  max_attempts int DEFAULT 5, run_at timestamptz, locked_at timestamptz, locked_by text, heartbeat_at timestamptz,
  created_at timestamptz DEFAULT now() - interval '3 hours', updated_at timestamptz DEFAULT now()
);
CREATE TABLE job_events (job_id bigint, stage text, data jsonb, created_at timestamptz NOT NULL DEFAULT now());
"""
BURIED = """
CREATE TABLE dead_letter_queue (
  id bigint PRIMARY KEY, original_event_name text, original_payload jsonb, attempt_count int, last_error text,
  status text, retry_after timestamptz, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now()
);
INSERT INTO dead_letter_queue (id, original_event_name, status, attempt_count, last_error)
VALUES (71, 'harvest', 'abandoned', 3, 'gone'), (72, 'harvest', 'pending', 3, 'boom');
"""
NOBODY_LISTENS = "postgresql://reader:hunter2@127.0.0.1:1/shop"


def dug(database: Database, folder: Path, **others: str) -> Path:
    """A configuration of the source `shop`, whose tables are made, and of others by their DSNs."""
    database.connection.execute(JOBS)
    return written(folder, shop=database.dsn, **others)


def with_grave_table(database: Database, folder: Path) -> Path:
    """The same, with a table of dead jobs of its own: one waits for a person, one is given up."""
    path = dug(database, folder)
    database.connection.execute(BURIED)
    source = {"name": "shop", "dsn": database.dsn, "dead_letters": {"table": "dead_letter_queue"}}
    path.write_text(json.dumps({"sources": [source]}))
    return path


def written(folder: Path, **dsns: str) -> Path:
    """A configuration of these sources."""
    path = folder / "jobqueue.yml"
    path.write_text(json.dumps({"sources": [{"name": name, "dsn": dsn} for name, dsn in dsns.items()]}))
    return path


def bury(database: Database, *ids: int, error: str = "boom", kind: str = "MAIL", hours: float = 2) -> None:
    """Dead jobs that died so many hours ago."""
    for each in ids:
        database.connection.execute(
            "INSERT INTO jobs (id, kind, state, last_error, attempts, payload, updated_at)\n"
            "VALUES (%s, %s, 'dead_letter', %s, 5, %s, now() - make_interval(secs => %s))",
            (each, kind, error, '{"to": "jane@example.com"}', hours * 3600),
        )


def dlq(config: Path, *arguments: str) -> Result:
    """What comes of `jobqueue dlq` with these arguments."""
    command, *rest = arguments
    return CliRunner().invoke(main, ["dlq", command, "--config", str(config), *rest])
