"""Tables and rights that change while the exporter runs: no wrong number, and right again once put back."""

from __future__ import annotations

import logging
from pathlib import Path

import psycopg
import pytest

from jobqueue_exporter.demo.database import Database
from tests.faults.exporter import JOBS, TOLD, configured, serving_of


@pytest.fixture
def shop(database: Database) -> Database:
    """A database with jobs, and a role that may read them."""
    database.connection.execute(JOBS)
    database.connection.execute("CREATE ROLE reader LOGIN; GRANT SELECT ON jobs TO reader")
    return database


def reasons(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Why the log says that the source is down."""
    return [line for line in caplog.messages if line.startswith("source is down source=shop reason=")]


@pytest.mark.parametrize(
    ("change", "back", "told"),
    [
        ("ALTER TABLE jobs RENAME TO old_jobs", "ALTER TABLE old_jobs RENAME TO jobs", "jobs"),
        ("CREATE TABLE kept AS TABLE jobs; DROP TABLE jobs", f"{JOBS}; GRANT SELECT ON jobs TO reader", "jobs"),
        ("CREATE SCHEMA old; ALTER TABLE jobs SET SCHEMA old", "ALTER TABLE old.jobs SET SCHEMA public", "jobs"),
        ("ALTER TABLE jobs RENAME state TO phase", "ALTER TABLE jobs RENAME phase TO state", "state"),
        ("ALTER TABLE jobs RENAME kind TO sort", "ALTER TABLE jobs RENAME sort TO kind", "kind"),
        ("ALTER TABLE jobs RENAME run_at TO due", "ALTER TABLE jobs RENAME due TO run_at", "run_at"),
        (
            "ALTER TABLE jobs ADD kept text; UPDATE jobs SET kept = state; ALTER TABLE jobs DROP state",
            "ALTER TABLE jobs RENAME kept TO state",
            "state",
        ),
        (
            "ALTER TABLE jobs ALTER run_at DROP DEFAULT, ALTER run_at TYPE text",
            "ALTER TABLE jobs ALTER run_at TYPE timestamptz USING run_at::timestamptz",
            "run_at",
        ),
        (
            "ALTER TABLE jobs ALTER state DROP DEFAULT, ALTER state TYPE bytea USING state::bytea",
            "ALTER TABLE jobs ALTER state TYPE text USING convert_from(state, 'UTF8')",
            "state",
        ),
        ("REVOKE SELECT ON jobs FROM reader", "GRANT SELECT ON jobs TO reader", "permission denied for table jobs"),
        (
            "REVOKE SELECT ON jobs FROM reader; GRANT SELECT (id, state) ON jobs TO reader",
            "GRANT SELECT ON jobs TO reader",
            "may not be read by this role",
        ),
        (
            "REVOKE USAGE ON SCHEMA public FROM PUBLIC",
            "GRANT USAGE ON SCHEMA public TO PUBLIC",
            "schema",
        ),
        (
            "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY all_rows ON jobs FOR SELECT USING (true)",
            "row-level security on public.jobs hides rows from this role, so counts would be wrong",
        ),
        (
            "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY; CREATE POLICY few ON jobs USING (kind = 'MAIL')",
            "ALTER ROLE reader BYPASSRLS",
            "row-level security on public.jobs hides rows from this role",
        ),
    ],
)
def test_what_is_altered_is_named_until_it_is_put_back(
    shop: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, change: str, back: str, told: str
) -> None:
    caplog.set_level(logging.INFO, "jobqueue_exporter")
    config = configured(tmp_path, shop.dsn_of("reader"), table="jobs", columns={"kind": "kind", "run_at": "run_at"})
    with serving_of(config) as exporter:
        before = exporter.scrape()
        shop.connection.execute(change.encode())
        meanwhile = [exporter.scrape() for _ in range(3)]
        shop.connection.execute(back.encode())
        after = exporter.scrape()
    assert (before.up, before.jobs) == (True, TOLD)
    assert [(scrape.up, scrape.of_jobs) for scrape in meanwhile] == [(False, set())] * 3
    assert [told in reason for reason in reasons(caplog)] in ([True], [True, True])
    assert (after.up, after.jobs) == (True, TOLD)
    assert caplog.messages.count("source is back source=shop") == 1
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("change", "back", "told"),
    [
        ("ALTER TABLE jobs RENAME run_at TO due", "ALTER TABLE jobs RENAME due TO run_at", "run_at"),
        ("ALTER TABLE jobs RENAME kind TO sort", "ALTER TABLE jobs RENAME sort TO kind", "kind"),
        (
            "ALTER TABLE jobs ALTER run_at DROP DEFAULT, ALTER run_at TYPE text",
            "ALTER TABLE jobs ALTER run_at TYPE timestamptz USING run_at::timestamptz",
            "run_at",
        ),
        (
            "REVOKE SELECT ON jobs FROM reader; GRANT SELECT (id, kind, state) ON jobs TO reader",
            "GRANT SELECT ON jobs TO reader",
            "run_at",
        ),
        ("ALTER TABLE jobs RENAME TO old_jobs", "ALTER TABLE old_jobs RENAME TO jobs", "jobs"),
    ],
)
def test_what_was_recognised_is_not_given_up_for_something_else(
    shop: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, change: str, back: str, told: str
) -> None:
    """Without run_at every scheduled job would count as pending, and without kind all lanes as one."""
    shop.connection.execute("CREATE TABLE parcels (kind text, state text, attempts int, created_at timestamptz)")
    shop.connection.execute("GRANT SELECT ON parcels TO reader")
    with serving_of(configured(tmp_path, shop.dsn_of("reader"))) as exporter:
        before = exporter.scrape()
        shop.connection.execute(change.encode())
        meanwhile = [exporter.scrape() for _ in range(3)]
        shop.connection.execute(back.encode())
        after = exporter.scrape()
    assert (before.jobs, after.jobs) == (TOLD, TOLD)
    assert [(scrape.up, scrape.of_jobs) for scrape in meanwhile] == [(False, set())] * 3
    assert [told in reason for reason in reasons(caplog)] in ([True], [True, True])


def test_a_table_that_looks_like_it_and_comes_later_changes_nothing(shop: Database, tmp_path: Path) -> None:
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        before = exporter.scrape()
        shop.connection.execute("CREATE TABLE tasks (LIKE jobs INCLUDING ALL); CREATE INDEX ON jobs (kind)")
        after = exporter.scrape()
    assert (before.jobs, after.jobs) == (TOLD, TOLD)


def test_a_migration_that_holds_the_table_is_told_and_not_waited_for(
    shop: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        assert exporter.scrape().jobs == TOLD
        with psycopg.connect(shop.dsn) as migration:
            migration.execute("ALTER TABLE jobs ADD more text")
            meanwhile = exporter.scrape()
        after = exporter.scrape()
    assert (meanwhile.up, meanwhile.of_jobs, after.jobs) == (False, set(), TOLD)
    assert ["the table is locked, as by ALTER TABLE or LOCK" in reason for reason in reasons(caplog)] == [True]


def test_a_table_that_is_emptied_has_zeros_and_not_nothing(shop: Database, tmp_path: Path) -> None:
    with serving_of(configured(tmp_path, shop.dsn)) as exporter:
        before = exporter.scrape().values("jobqueue_jobs", "kind", "state")
        shop.connection.execute("TRUNCATE jobs")
        after = exporter.scrape()
    assert (after.up, after.values("jobqueue_jobs", "kind", "state")) == (True, dict.fromkeys(before, 0))


def test_rows_that_were_always_hidden_are_no_zeros(
    shop: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shop.connection.execute("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    with serving_of(configured(tmp_path, shop.dsn_of("reader"))) as exporter:
        scrape = exporter.scrape()
    assert (scrape.up, scrape.of_jobs) == (False, set())
    assert ["add a policy FOR SELECT … USING (true) for it; `jobqueue doctor`" in each for each in reasons(caplog)] == [
        True
    ]
