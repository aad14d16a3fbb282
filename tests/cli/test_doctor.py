"""`jobqueue doctor`, `init` and `sql`, run as a person runs them."""

from __future__ import annotations

import json
import time
from dataclasses import replace
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
from jobqueue_exporter.model import BUCKETS, Cause, Facts, LaneJobs


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """System A's tables with three jobs, in DATABASE_URL; the working directory is empty."""
    schema.create_tables(database.connection)
    database.connection.execute(
        "INSERT INTO jobs (workspace_id, kind, state) SELECT gen_random_uuid(), kind, state FROM (VALUES "
        "('A', 'queued'), ('B: \"#\n- x', 'dead_letter'), ('C', 'completed')) AS job(kind, state)"
    )
    database.connection.execute("ANALYZE jobs")
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
    before = _facts(None, shop.dsn)

    result = _run("init")

    assert result.exit_code == 0, result.output
    assert _run("check-config").exit_code == 0
    assert _facts(tmp_path / "jobqueue.yml", shop.dsn) == before
    assert shop.dsn not in (tmp_path / "jobqueue.yml").read_text()
    assert "table: public.jobs\n" in (tmp_path / "jobqueue.yml").read_text()


@pytest.mark.parametrize(
    "statements",
    [
        pytest.param("", id="a second column of errors"),
        pytest.param('CREATE SCHEMA "My work"; ALTER TABLE jobs SET SCHEMA "My work"', id="a schema with a space"),
        pytest.param('ALTER TABLE jobs RENAME TO "Job"', id="capitals"),
        pytest.param("ALTER TABLE jobs DROP COLUMN attempts", id="nothing tells a retry"),
        pytest.param("ALTER TABLE jobs RENAME TO tasks; ALTER TABLE tasks RENAME state TO status", id="other names"),
    ],
)
def test_init_writes_a_configuration_that_tells_the_same_facts(shop: Database, tmp_path: Path, statements: str) -> None:
    shop.connection.execute(
        "UPDATE jobs SET error = '{\"code\": \"ETIMEDOUT\"}' WHERE state = 'dead_letter';"
        "INSERT INTO jobs (workspace_id, kind, state, last_error) "
        "VALUES (gen_random_uuid(), 'D', 'dead_letter', 'invalid input');"
    )
    shop.connection.execute(statements.encode() or b"SELECT")
    before = _facts(None, shop.dsn)

    result = _run("init")

    assert result.exit_code == 0, result.output
    assert _facts(tmp_path / "jobqueue.yml", shop.dsn) == before
    causes = [cause for dead in (before.dead_letters or {}).values() for cause, n in dead.causes.items() if n]
    assert Cause.UNKNOWN not in causes
    assert len(causes) == 2


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


def test_sql_prints_the_guards_of_the_transaction_before_its_queries(shop: Database) -> None:
    lines = _run("sql").stdout.splitlines()

    assert lines[0].startswith("-- guards")
    assert lines[1].startswith("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ")
    assert "set_config('lock_timeout', '500ms', true)" in lines[1]
    assert lines[-1] == "COMMIT;"


def test_sql_heartbeats_prints_a_table_that_can_be_made_without_any_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)

    result = _run("sql", "heartbeats")

    database.connection.execute(result.stdout.encode())
    assert result.exit_code == 0


def test_sql_heartbeats_says_in_comments_what_workers_send(database: Database) -> None:
    printed = _run("sql", "heartbeats").stdout
    database.connection.execute(printed.encode())
    said = "".join(line.removeprefix("--   ") for line in printed.splitlines(True) if line.startswith("--   "))
    beat, forget, _ = said.split(";\n")

    for queue, version in (("mail", "1"), ("media", "2")):
        execute = f"EXECUTE beat('w', '{{{queue}}}', 2, 1, '{version}', '{{}}')"
        database.connection.execute(f"PREPARE beat AS {beat}; {execute}; DEALLOCATE beat".encode())
    rows = database.connection.execute("SELECT worker_id, queues, slots, busy, version FROM job_workers").fetchall()
    assert rows == [("w", ["media"], 2, 1, "2")]

    database.connection.execute("UPDATE job_workers SET heartbeat_at = now() - interval '25 hours'")
    assert database.connection.execute(forget.encode()).rowcount == 1


def _facts(path: Path | None, url: str) -> Facts:
    """What a reading tells, but for what changes from one to the next."""
    found = reader(load(path, {"DATABASE_URL": url}).sources[0])
    extras = frozenset({"dead_letters", "flows", "recovery"})
    facts = Facts()
    for part in found.read(Request(deadline=time.monotonic() + 5, extras=extras, thresholds=BUCKETS)):
        assert part.error == ""
        facts = facts.merged(part.facts or Facts())
    found.close()
    lanes = {lane: LaneJobs(counts=jobs.counts, stuck=jobs.stuck) for lane, jobs in (facts.lanes or {}).items()}
    return replace(facts, lanes=lanes, clock=None, flow_window=None)
