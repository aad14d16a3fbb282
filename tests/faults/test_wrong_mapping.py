"""A table that is not what the configuration says, and rows that nobody expects."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server
from tests.faults.exporter import JOBS, TOLD, Scrape, configured, run, serving_of

GONE = "(or it is in another schema, or in one that this role may not use: write it as schema.table)"
KEYS = ["id", "kind", "state", "attempts", "max_attempts", "run_at", "locked_at", "locked_by", "heartbeat_at"]
THERE = ", ".join([*KEYS, "last_error", "created_at", "updated_at"])


@pytest.fixture(scope="module")
def shop(postgres: Server) -> Iterator[Database]:
    """A database with jobs, which no test alters."""
    with fresh_database(postgres) as database:
        database.connection.execute(JOBS)
        yield database


@pytest.fixture
def own(database: Database) -> Database:
    """A database with jobs for one test alone."""
    database.connection.execute(JOBS)
    return database


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"table": "jbos"}, f"there is no table jbos {GONE}"),
        ({"table": "nowhere.jobs"}, "there is no table nowhere.jobs, but there is public.jobs: write its name so"),
        ({"table": '"Jobs"'}, f'there is no table "Jobs" {GONE}'),
        ({"table": "jobs_pkey"}, f"there is no table jobs_pkey {GONE}"),
        (
            {"table": "pg_class"},
            "pg_catalog.pg_class has no state column that we may read: name it under columns.state",
        ),
        ({"dead_letters": {"table": "dead"}}, f"there is no table dead {GONE}"),
        ({"columns": {"kind": "knid"}}, f"columns.kind: column knid of public.jobs is not there; there are: {THERE}"),
        ({"columns": {"state": "id"}}, "columns.state: column id of public.jobs must be a text or enum column"),
        ({"columns": {"run_at": "kind"}}, "columns.run_at: column kind of public.jobs must be a time or number column"),
        ({"columns": {"attempts": "kind"}}, "columns.attempts: column kind of public.jobs must be a number column"),
        ({"columns": {"state": None}}, "public.jobs has no state column that we may read: name it under columns.state"),
    ],
)
def test_a_wrong_name_is_told_and_nothing_else(
    shop: Database, tmp_path: Path, mapping: dict[str, Any], told: str
) -> None:
    config = str(configured(tmp_path, shop.dsn, **mapping))
    once, doctor = run("once", "--config", config), run("doctor", "--config", config)
    assert (once.exit_code, Scrape(once.stdout).up, Scrape(once.stdout).of_jobs) == (1, False, set())
    assert once.stderr.endswith(f"source is down source=shop reason={told!r}\n")
    assert (doctor.exit_code, f"failed  read: {told}\n" in doctor.stdout) == (1, True)


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"heartbeats": {"table": "jobs"}}, "workers: heartbeats: public.jobs has no column worker_id that we can use"),
        ({"heartbeats": {"table": "beats"}}, f"workers: there is no table beats {GONE}"),
    ],
)
def test_a_wrong_companion_costs_only_what_it_tells(
    shop: Database, tmp_path: Path, mapping: dict[str, Any], told: str
) -> None:
    config = str(configured(tmp_path, shop.dsn, **mapping))
    once, doctor = run("once", "--config", config), run("doctor", "--config", config)
    assert (once.exit_code, Scrape(once.stdout).jobs) == (0, TOLD)
    assert Scrape(once.stdout).values("jobqueue_collector_success", "collector")["workers",] == 0
    assert f"shop: {told}" in once.stderr
    assert (doctor.exit_code, f"failed  {told}" in doctor.stdout) == (1, True)


def test_a_database_without_any_jobs_says_what_there_is(database: Database, tmp_path: Path) -> None:
    config = str(configured(tmp_path, database.dsn))
    empty = run("once", "--config", config)
    database.connection.execute("CREATE TABLE people (id int, name text)")
    other = run("once", "--config", config)
    assert (empty.exit_code, other.exit_code) == (1, 1)
    told = "no table that role postgres can see there is one of jobs (there are: {}): is it the right database?"
    assert told.format("no tables") in empty.stderr
    assert told.format("public.people") in other.stderr


def test_a_state_that_nobody_mapped_is_named_once_and_left_out(
    own: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    notice = (
        "state 'zombie' of public.jobs.state is not mapped, its jobs are not counted: "
        "add it under `states:` in jobqueue.yml (`jobqueue init` writes one)"
    )
    with serving_of(configured(tmp_path, own.dsn)) as exporter:
        before = exporter.scrape()
        own.connection.execute("INSERT INTO jobs (kind, state) VALUES ('MAIL', 'zombie'), ('ONLY', 'zombie')")
        after = [exporter.scrape() for _ in range(3)]
    assert [(scrape.up, scrape.jobs) for scrape in (before, *after)] == [(True, TOLD)] * 4
    assert [line for line in caplog.messages if "zombie" in line] == [f'notice source=shop text="{notice}"']
    doctor = run("doctor", "--config", str(configured(tmp_path, own.dsn)))
    assert f"warning mapping: {notice}\n" in doctor.stdout


def test_null_in_every_column_and_moments_far_away_leave_the_other_jobs_alone(own: Database, tmp_path: Path) -> None:
    columns = "kind, state, run_at, locked_at, heartbeat_at, created_at, updated_at"
    states = "unnest(ARRAY['queued', 'failed', 'running', 'dead_letter', 'done', NULL]) AS state"
    for moment in ("'infinity'", "'-infinity'", "'294276-12-31'", "'4713-01-01 BC'"):
        values = f"{', '.join([moment] * 5)} FROM {states}"
        own.connection.execute(f"INSERT INTO jobs ({columns}) SELECT 'ODD', state, {values}".encode())
    columns += ", attempts, max_attempts, locked_by"
    values = f"{', '.join(['NULL'] * 8)} FROM {states}"
    own.connection.execute(f"INSERT INTO jobs ({columns}) SELECT NULL, state, {values}".encode())
    once = run("once", "--config", str(configured(tmp_path, own.dsn)))
    told = Scrape(once.stdout)
    by_kind = {kind: {key: value for key, value in told.jobs.items() if key[0] == kind} for kind, _ in told.jobs}
    ages = [told.values(f"jobqueue_oldest_{state}_age_seconds", "kind") for state in ("pending", "running")]
    assert (once.exit_code, by_kind["MAIL"] | by_kind["SCAN"]) == (0, TOLD)
    assert {kind: sum(by_kind[kind].values()) for kind in ("", "ODD")} == {"": 4, "ODD": 16}
    assert all(0 <= age < math.inf for each in ages for age in each.values())
    assert set(told.values("jobqueue_collector_success", "collector").values()) == {1}
