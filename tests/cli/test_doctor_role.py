"""What `jobqueue doctor` says to a role that may do too little, just enough, or too much."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.sql.grants import ROLE
from jobqueue_exporter.engines.table import heartbeats

Found = dict[str, str]
USED = (
    "id, kind, state, error, last_error, attempts, max_attempts, run_at, locked_at, locked_by, heartbeat_at, "
    "created_at, updated_at"
)
ENOUGH = f"GRANT SELECT ({USED}) ON jobs TO reader"


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A jobs table, and a role `reader` that may do nothing; the working directory is empty."""
    schema.create_tables(database.connection)
    database.connection.execute("DROP TABLE job_events, job_workers; CREATE ROLE reader LOGIN")
    database.connection.execute("INSERT INTO jobs (workspace_id, kind) VALUES (gen_random_uuid(), 'A')")
    monkeypatch.chdir(tmp_path)
    return database


def _doctor(dsn: str) -> list[Found]:
    result = CliRunner().invoke(main, ["doctor", "--output", "json"], env={"DATABASE_URL": dsn})
    found: list[Found] = json.loads(result.stdout)["sources"][0]["findings"]
    return found


def _role(dsn: str) -> list[str]:
    """The statements of the finding on the role."""
    return [line for one in _doctor(dsn) if one["topic"] == "role" for line in one["statement"].splitlines()]


def _run(shop: Database, *statements: str) -> None:
    for statement in statements:
        shop.connection.execute(statement.encode())


def test_a_role_that_may_do_just_what_is_needed_is_told_of_no_other(shop: Database) -> None:
    _run(shop, ENOUGH)

    found = _doctor(shop.dsn_of("reader"))

    assert {one["status"] for one in found} <= {"ok", "info"}
    assert "role" not in {one["topic"] for one in found}


def test_the_role_that_was_printed_is_told_of_no_other(shop: Database) -> None:
    _run(shop, "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    _run(shop, *_role(shop.dsn))

    assert _role(shop.dsn_of(ROLE)) == []


def test_a_role_that_lacks_something_is_told_just_that_and_by_its_name(shop: Database) -> None:
    _run(shop, f"GRANT SELECT ({USED.replace('kind, ', '')}) ON jobs TO reader", heartbeats.DDL)
    _run(shop, "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")

    lines = _role(shop.dsn_of("reader"))

    columns = ("worker_id", "queues", "started_at", "heartbeat_at", "slots", "busy", "version", "binaries")
    listed = ", ".join(f'"{column}"' for column in columns)
    assert lines == [
        'GRANT SELECT ("kind") ON "public"."jobs" TO "reader";',
        'CREATE POLICY "reader_reads_all" ON "public"."jobs" FOR SELECT TO "reader" USING (true);',
        f'GRANT SELECT ({listed}) ON "public"."job_workers" TO "reader";',
    ]
    _run(shop, *lines)
    assert _role(shop.dsn_of("reader")) == []


def test_a_role_that_may_not_even_look_into_the_schema_is_told_so(shop: Database) -> None:
    _run(shop, "CREATE SCHEMA app", "ALTER TABLE jobs SET SCHEMA app", ENOUGH.replace("ON jobs", "ON app.jobs"))

    assert _role(shop.dsn_of("reader")) == ['GRANT USAGE ON SCHEMA "app" TO "reader";']


def test_a_column_that_was_set_to_null_is_not_lacked(shop: Database) -> None:
    _run(shop, ENOUGH.replace("last_error, ", "").replace("error, ", ""))
    source = {"name": "a", "dsn": shop.dsn_of("reader"), "columns": {"error": None}}
    Path("jobqueue.yml").write_text(json.dumps({"sources": [source]}))

    assert _role("") == []


@pytest.mark.parametrize("right", ["SELECT", "UPDATE", "DELETE"])
def test_a_role_that_may_do_more_is_told_of_a_lesser_one(shop: Database, right: str) -> None:
    _run(shop, ENOUGH, f"GRANT {right} ON jobs TO reader")

    assert _role(shop.dsn_of("reader"))[0] == (
        f"CREATE ROLE \"{ROLE}\" LOGIN PASSWORD 'choose-one' CONNECTION LIMIT 5;"
    )


def test_a_lesser_role_that_is_there_already_is_not_made_again(shop: Database) -> None:
    _run(shop, "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    first = _role(shop.dsn)
    _run(shop, *first)

    second = _role(shop.dsn)

    printed = CliRunner().invoke(main, ["sql", "role"], env={"DATABASE_URL": shop.dsn}).stdout.splitlines()
    assert [line.split()[:2] for line in first if line not in second] == [["CREATE", "ROLE"], ["CREATE", "POLICY"]]
    assert printed == second
    _run(shop, *second)


def test_of_a_table_that_tells_nothing_no_role_is_printed(shop: Database) -> None:
    _run(shop, "CREATE SCHEMA app", "CREATE TABLE app.bare (a int, created_at timestamptz)")
    source = {"name": "a", "dsn": shop.dsn, "table": "app.bare"}
    Path("jobqueue.yml").write_text(json.dumps({"sources": [source]}))

    found = _doctor("")

    assert [(one["topic"], one["status"]) for one in found][-1] == ("read", "failed")
    assert CliRunner().invoke(main, ["sql", "role"]).stderr == (
        "app.bare has no state column: there is nothing that a role should read\n"
    )
