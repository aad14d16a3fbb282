"""Rights, and columns, that are too few for right numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.demo.database import Database
from tests.faults.exporter import JOBS, TOLD, Scrape, configured, run

ALL = ["id", "kind", "state", "attempts", "max_attempts", "run_at", "locked_at", "locked_by", "heartbeat_at"]


@pytest.fixture
def shop(database: Database) -> Database:
    """A database with jobs, and a role that may do nothing."""
    database.connection.execute(JOBS)
    database.connection.execute("CREATE ROLE reader LOGIN")
    return database


@pytest.mark.parametrize(
    ("rights", "told"),
    [
        ("SELECT 1", "permission denied for table jobs: run `GRANT SELECT ON"),
        ("REVOKE USAGE ON SCHEMA public FROM PUBLIC; GRANT SELECT ON jobs TO reader", "permission denied for schema"),
        ("GRANT SELECT (id, kind) ON jobs TO reader", "public.jobs has no state column that we may read"),
        (
            "GRANT SELECT (id, kind, state) ON jobs TO reader",
            "column run_at of public.jobs may not be read by this role, and without it jobs that are not due would "
            "count as pending: mend that, or set columns.run_at to null",
        ),
        (
            "GRANT SELECT ON jobs TO reader; ALTER TABLE jobs ALTER run_at DROP DEFAULT, ALTER run_at TYPE text",
            "column run_at of public.jobs is of a type that tells no time, and without it jobs that are not due would "
            "count as pending: mend that, or set columns.run_at to null",
        ),
        (
            "GRANT SELECT ON jobs TO reader; ALTER TABLE jobs ENABLE ROW LEVEL SECURITY",
            "row-level security on public.jobs hides rows from this role, so counts would be wrong",
        ),
        (
            "GRANT SELECT ON jobs TO reader; ALTER TABLE jobs ENABLE ROW LEVEL SECURITY; "
            "CREATE POLICY mine ON jobs USING (kind = 'MAIL')",
            "row-level security on public.jobs hides rows from this role, so counts would be wrong",
        ),
    ],
)
def test_numbers_that_would_be_wrong_are_not_told(shop: Database, tmp_path: Path, rights: str, told: str) -> None:
    shop.connection.execute(rights.encode())
    config = str(configured(tmp_path, shop.dsn_of("reader")))
    once, doctor = run("once", "--config", config), run("doctor", "--config", config)
    assert (once.exit_code, Scrape(once.stdout).up, Scrape(once.stdout).of_jobs) == (1, False, set())
    assert told in once.stderr
    assert (doctor.exit_code, told in doctor.stdout) == (1, True)


def test_without_the_right_to_a_column_that_does_not_count_the_rest_is_told(shop: Database, tmp_path: Path) -> None:
    shop.connection.execute(f"GRANT SELECT ({', '.join(set(ALL) - {'attempts', 'kind'})}) ON jobs TO reader".encode())
    once = run("once", "--config", str(configured(tmp_path, shop.dsn_of("reader"))))
    totals: dict[str, float] = {}
    for (_, state), count in TOLD.items():
        totals[state] = totals.get(state, 0) + count
    assert (once.exit_code, Scrape(once.stdout).jobs) == (0, {("", state): count for state, count in totals.items()})
    for column in ("attempts", "kind"):
        assert f"column {column} of public.jobs may not be read by this role and is left out: grant it" in once.stderr


def test_the_role_that_doctor_prints_reads_all_there_is(shop: Database, tmp_path: Path) -> None:
    shop.connection.execute("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    advice = run("doctor", "--config", str(configured(tmp_path, shop.dsn))).stdout
    lines = [line.strip() for line in advice.splitlines() if line.strip().startswith(("CREATE ", "GRANT ", "ALTER "))]
    for line in lines:
        shop.connection.execute(line.encode())
    config = str(configured(tmp_path, shop.dsn_of("jobqueue_exporter")))
    once, doctor = run("once", "--config", config), run("doctor", "--config", config)
    assert (once.exit_code, Scrape(once.stdout).jobs) == (0, TOLD), once.stderr
    assert doctor.exit_code == 0
    assert "may read public.jobs and not write to it" in doctor.stdout
