"""`jobqueue doctor`, `init` and `sql`, run as a person runs them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from jobqueue_exporter.config.load import load
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines import reader
from jobqueue_exporter.engines.protocol import Request


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """System A's tables with three jobs, in DATABASE_URL; the working directory is empty."""
    schema.create_tables(database.connection)
    database.connection.execute(
        "INSERT INTO jobs (workspace_id, kind, state) SELECT gen_random_uuid(), kind, state FROM (VALUES "
        "('A', 'queued'), ('B: \"#\n- x', 'dead_letter'), ('C', 'completed')) AS job(kind, state)"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database.dsn)
    return database


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_doctor_finds_nothing_wrong_with_a_good_database(shop: Database) -> None:
    result = _run("doctor", "--output", "json")

    findings = json.loads(result.stdout)["sources"][0]["findings"]
    assert result.exit_code == 0
    assert [(one["topic"], one["status"]) for one in findings] == [
        ("connect", "ok"),
        ("clock", "ok"),
        ("engine", "ok"),
        ("rights", "warning"),
        ("index", "ok"),
        ("cost", "ok"),
        ("role", "info"),
    ]


def test_doctor_names_a_database_that_it_cannot_reach_and_hides_the_password(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2-secret@127.0.0.1:1/shop")

    result = _run("doctor")

    assert result.exit_code == 1
    assert "postgresql://me@127.0.0.1:1/shop" in result.output
    assert "hunter2" not in result.output


def test_doctor_says_that_row_level_security_hides_rows_and_how_to_see_them(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.connection.execute(
        "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY; CREATE ROLE member LOGIN; GRANT SELECT ON jobs TO member"
    )
    monkeypatch.setenv("DATABASE_URL", shop.dsn_of("member"))

    result = _run("doctor")

    assert result.exit_code == 1
    assert "row-level security on public.jobs hides rows" in result.output
    assert "CREATE POLICY" in result.output


def test_init_writes_a_configuration_that_reads_the_same(shop: Database, tmp_path: Path) -> None:
    before = _lanes(Path("/nonexistent"), shop.dsn)

    result = _run("init")

    assert result.exit_code == 0, result.output
    assert _run("check-config").exit_code == 0
    assert _lanes(tmp_path / "jobqueue.yml", shop.dsn) == before
    assert shop.dsn not in (tmp_path / "jobqueue.yml").read_text()


def test_init_does_not_write_over_a_file(shop: Database, tmp_path: Path) -> None:
    (tmp_path / "jobqueue.yml").write_text("mine")

    result = _run("init")

    assert (result.exit_code, (tmp_path / "jobqueue.yml").read_text()) == (2, "mine")
    assert "--force" in result.output


def test_init_without_a_database_says_what_is_missing(shop: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")

    result = _run("init")

    assert result.exit_code == 2
    assert "DATABASE_URL" in result.output


def test_every_statement_that_sql_prints_runs_as_it_is(shop: Database) -> None:
    result = _run("sql", "--explain")

    assert result.exit_code == 0, result.output
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        connection.execute(result.stdout.encode())
    assert {"-- jobs", "-- workers", "-- dead_letters", "-- flows"} <= set(result.stdout.splitlines())


def test_sql_heartbeats_prints_a_table_that_can_be_made_without_any_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    result = _run("sql", "heartbeats")

    database.connection.execute(result.stdout.encode())
    assert result.exit_code == 0


def _lanes(file: Path, url: str) -> object:
    path = file if file.exists() else None
    source = load(path, {"DATABASE_URL": url}).sources[0]
    found = reader(source)
    parts = list(found.read(Request(deadline=time.monotonic() + 5, extras=frozenset())))
    found.close()
    facts = parts[0].facts
    assert facts is not None
    assert facts.lanes is not None
    return {lane: jobs.counts for lane, jobs in facts.lanes.items()}
