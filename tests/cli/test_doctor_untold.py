"""`jobqueue doctor` on what cannot be told, and on databases that cannot be reached."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.table import heartbeats

JOBS = """
CREATE TABLE jobs (
  id int, kind text, state text, attempts int, run_at timestamptz, created_at timestamptz, finished_at timestamptz
);
CREATE INDEX ON jobs (state, run_at);
INSERT INTO jobs (state, run_at) VALUES ('queued', now());
"""
WORKERS = (
    "whether workers live cannot be told: no heartbeat table is read, and {}; `jobqueue sql heartbeats` prints a table "
    "for them, and what they write to it"
)
STUCK = (
    "stuck jobs cannot be told: public.jobs has no column for columns.heartbeat_at, which a worker sets to now() every "
    "few seconds while it runs the job"
)


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A jobs table of which no heartbeat is known; the working directory is empty."""
    database.connection.execute(JOBS)
    monkeypatch.chdir(tmp_path)
    return database


def _doctor(dsn: str) -> list[tuple[str, str, str]]:
    result = CliRunner().invoke(main, ["doctor", "--output", "json"], env={"DATABASE_URL": dsn})
    findings = json.loads(result.stdout)["sources"][0]["findings"]
    return [(one["topic"], one["status"], one["text"]) for one in findings]


def _untold(shop: Database, alter: str = "SELECT") -> list[tuple[str, str, str]]:
    shop.connection.execute(alter.encode())
    return [one for one in _doctor(shop.dsn) if one[0] in ("workers", "stuck")]


def test_without_any_heartbeat_neither_workers_nor_stuck_jobs_can_be_told(shop: Database) -> None:
    lacking = "public.jobs has no column for columns.heartbeat_at and columns.worker"
    assert _untold(shop) == [("workers", "info", WORKERS.format(lacking)), ("stuck", "info", STUCK)]


def test_a_heartbeat_table_tells_of_workers(shop: Database) -> None:
    assert _untold(shop, heartbeats.DDL) == [("stuck", "info", STUCK)]


def test_heartbeats_of_jobs_tell_of_stuck_ones(shop: Database) -> None:
    lacking = "public.jobs has no column for columns.worker"
    assert _untold(shop, "ALTER TABLE jobs ADD heartbeat_at timestamptz") == [
        ("workers", "info", WORKERS.format(lacking))
    ]


def test_heartbeats_of_jobs_and_who_holds_them_tell_of_both(shop: Database) -> None:
    assert _untold(shop, "ALTER TABLE jobs ADD heartbeat_at timestamptz, ADD locked_by text") == []


def test_without_a_state_of_running_jobs_nothing_is_stuck(shop: Database) -> None:
    states = "CREATE TYPE s AS ENUM ('queued', 'done'); DROP INDEX jobs_state_run_at_idx; "
    why = "no state of public.jobs says that a job runs; name it under states.running"
    assert _untold(shop, f"{states} ALTER TABLE jobs ALTER state TYPE s USING state::s") == [
        ("workers", "info", WORKERS.format(why))
    ]


@pytest.mark.parametrize(
    ("alter", "why"),
    [
        ("CREATE INDEX ON jobs (finished_at)", None),
        (
            "ALTER TABLE jobs RENAME finished_at TO completed_at; CREATE INDEX ON jobs (completed_at)",
            "public.jobs.completed_at is filled on success alone; an indexed finished_at that is filled at each end "
            "tells both",
        ),
    ],
)
def test_where_only_completed_jobs_are_dated_failures_cannot_be_counted(
    shop: Database, alter: str, why: str | None
) -> None:
    shop.connection.execute(alter.encode())

    assert [(status, text) for topic, status, text in _doctor(shop.dsn) if topic == "failures"] == [
        (
            "info",
            f"jobs are counted as they are completed, not as they fail for good: {text}; until then alerts on failures "
            "go by how the number of dead letters grows",
        )
        for text in (why,)
        if text
    ]


def test_a_database_that_nobody_serves_is_not_connected_to_and_the_way_out_is_told(shop: Database) -> None:
    (topic, status, text), *_ = _doctor("postgresql://me@127.0.0.1:1/shop")

    assert (topic, status) == ("connect", "failed")
    assert text.startswith("postgresql://me@127.0.0.1:1/shop: ")
    assert text.endswith("; is the server running there, and does it listen on an address that is reached from here?")


def test_an_unmapped_state_and_a_table_of_another_schema_are_told_of(shop: Database) -> None:
    shop.connection.execute("CREATE SCHEMA app; ALTER TABLE jobs SET SCHEMA app")
    shop.connection.execute(heartbeats.DDL.encode())

    found = _doctor(shop.dsn)

    assert [text for topic, status, text in found if (topic, status) == ("mapping", "warning")] == [
        "public.job_workers is left out: it is in another schema than app.jobs; if it belongs to it, name it under "
        "heartbeats"
    ]
