"""A table that is altered between two readings: a clear error at most once, and right again after it."""

from __future__ import annotations

from contextlib import suppress

import pytest

from jobqueue_exporter.config.types import Events
from jobqueue_exporter.engines.table import heartbeats
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, State
from tests.engines.table.shop import EVENTS, Shop

TELLING = ("kind", "run_at", "attempts")
OTHERS = ("locked_at", "heartbeat_at", "created_at", "updated_at")
CHANGES = {
    "dropped": "DROP {0}",
    "renamed": "RENAME {0} TO other",
    "retyped": "ALTER {0} DROP DEFAULT, ALTER {0} TYPE boolean USING NULL",
}
ALTERATIONS = {
    "renamed": ("ALTER TABLE jobs RENAME TO old_jobs", "ALTER TABLE old_jobs RENAME TO jobs"),
    "moved": ("ALTER TABLE jobs SET SCHEMA old", "ALTER TABLE old.jobs SET SCHEMA public"),
    "revoked": ("REVOKE SELECT ON jobs FROM reader", "GRANT SELECT ON jobs TO reader"),
    "state renamed": ("ALTER TABLE jobs RENAME state TO phase", "ALTER TABLE jobs RENAME phase TO state"),
    "secured": ("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY", "ALTER TABLE jobs DISABLE ROW LEVEL SECURITY"),
}
ERRORS = {
    "renamed": "there is no table jobs",
    "moved": "there is no table jobs",
    "revoked": "permission denied for table jobs",
    "state renamed": "public.jobs has no state column that we may read",
    "secured": "row-level security on public.jobs hides rows",
}


@pytest.fixture
def reader(shop: Shop) -> TableReader:
    """A reader that has read system A's table, with a job of each sort in it."""
    jobs = shop.jobs()
    jobs.add(kind="A", state="queued", run_at=-100, created_at=-100)
    jobs.add(kind="A", state="queued", run_at=100, created_at=-100)
    jobs.add(kind="A", state="running", locked_at=-100, heartbeat_at=-10, locked_by="w1")
    jobs.add(kind="A", state="dead_letter", updated_at=-100, last_error="HTTP 503")
    shop.run("CREATE INDEX ON jobs (state, run_at)", "CREATE ROLE reader LOGIN", "GRANT SELECT ON jobs TO reader")
    reader = shop.reader(role="reader", table="jobs")
    shop.told(reader)
    return reader


def _refusal(shop: Shop, reader: TableReader) -> str:
    with pytest.raises(Refused) as caught:
        shop.told(reader)
    return str(caught.value)


@pytest.mark.parametrize("change", ALTERATIONS)
def test_what_is_gone_is_named_until_it_is_back(shop: Shop, reader: TableReader, change: str) -> None:
    there, back = ALTERATIONS[change]
    before = shop.told(reader).lanes
    shop.run("CREATE SCHEMA old", there)
    with suppress(Refused):
        shop.told(reader)
    refusal = _refusal(shop, reader)

    shop.run(back)

    assert ERRORS[change] in refusal
    assert shop.told(reader).lanes == before


def test_a_table_that_is_dropped_and_made_anew_is_read_anew(shop: Shop, reader: TableReader) -> None:
    shop.run("DROP TABLE jobs")
    assert "there is no table jobs" in _refusal(shop, reader)

    shop.jobs(named={"state": "status", "run_at": "next_run_at"}).add(kind="B", state="queued")
    shop.run("GRANT SELECT ON jobs TO reader")

    assert list(shop.told(reader).lanes) == [Lane("jobs", "B")]


def test_a_table_that_takes_the_place_of_another_is_read_at_once(shop: Shop, reader: TableReader) -> None:
    shop.run("ALTER TABLE jobs RENAME TO old_jobs")
    shop.jobs(named={"state": "status"}).add(kind="B", state="queued")
    shop.run("GRANT SELECT ON jobs TO reader")

    assert list(shop.told(reader).lanes) == [Lane("jobs", "B")]


@pytest.mark.parametrize(
    ("column", "change"),
    # A kind may be of any type, and a run_at of a type that tells no time has a reason of its own.
    [(column, change) for column in TELLING for change in CHANGES if change != "retyped" or column == "attempts"],
)
def test_a_column_that_tells_jobs_apart_is_missed_until_it_is_back(
    shop: Shop, reader: TableReader, column: str, change: str
) -> None:
    shop.run(f"ALTER TABLE jobs {CHANGES[change].format(column)}")

    with suppress(Refused):
        shop.told(reader)
    (refusal,) = {_refusal(shop, reader) for _ in range(2)}

    assert refusal.startswith(f"column {column} ")
    assert f"columns.{column}" in refusal


def test_a_run_at_that_tells_no_time_any_more_is_missed_until_it_does(shop: Shop, reader: TableReader) -> None:
    shop.run(f"ALTER TABLE jobs {CHANGES['retyped'].format('run_at')}")

    assert "column run_at of public.jobs is of a type that tells no time" in _refusal(shop, reader)


@pytest.mark.parametrize("column", OTHERS)
@pytest.mark.parametrize("change", CHANGES)
def test_another_column_that_is_gone_is_missed_at_most_once(
    shop: Shop, reader: TableReader, column: str, change: str
) -> None:
    shop.run(f"ALTER TABLE jobs {CHANGES[change].format(column)}")
    fresh = shop.read(role="reader", table="jobs")

    with suppress(Refused):
        shop.told(reader)

    assert shop.told(reader).lanes == fresh.lanes


def test_a_column_that_is_renamed_is_missed_by_name(shop: Shop, reader: TableReader) -> None:
    shop.run("ALTER TABLE jobs RENAME kind TO sort")

    assert 'column "kind" does not exist: was it renamed or dropped?' in _refusal(shop, reader)


def test_a_state_that_becomes_an_enum_is_read_on(shop: Shop, reader: TableReader) -> None:
    before = shop.told(reader).lanes

    shop.run(
        "CREATE TYPE job_state AS ENUM ('queued', 'running', 'dead_letter')",
        "ALTER TABLE jobs ALTER state TYPE job_state USING state::job_state",
    )

    assert shop.told(reader).lanes == before


def test_a_label_that_an_enum_gets_is_counted_at_once(shop: Shop) -> None:
    shop.run("CREATE TYPE job_state AS ENUM ('queued')")
    jobs = shop.jobs(types={"state": "job_state"})
    reader = shop.reader()
    shop.told(reader)

    shop.run("ALTER TYPE job_state ADD VALUE 'failed'")
    jobs.add(kind="A", state="failed", run_at=100)

    assert shop.told(reader).lanes[Lane("jobs", "A")].counts[State.RETRYING] == 1


def test_an_index_that_is_made_serves_at_once(shop: Shop, reader: TableReader) -> None:
    assert shop.told(reader).facts.flow_window is None

    shop.run("CREATE INDEX ON jobs (created_at)")

    assert shop.told(reader).facts.flow_window is not None


def test_a_policy_that_begins_to_hide_rows_is_noticed_at_once(shop: Shop, reader: TableReader) -> None:
    before = shop.told(reader).lanes
    shop.run("CREATE POLICY everything ON jobs USING (true)", "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    assert shop.told(reader).lanes == before

    shop.run("ALTER POLICY everything ON jobs USING (kind = 'B')")

    assert "row-level security on public.jobs hides rows" in _refusal(shop, reader)


def test_a_role_that_is_no_longer_above_the_policies_is_noticed_at_once(shop: Shop, reader: TableReader) -> None:
    before = shop.told(reader).lanes
    shop.run("ALTER ROLE reader BYPASSRLS", "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")
    assert shop.told(reader).lanes == before

    shop.run("ALTER ROLE reader NOBYPASSRLS")

    assert "row-level security on public.jobs hides rows" in _refusal(shop, reader)


def test_a_table_under_a_view_that_begins_to_hide_rows_is_noticed_at_once(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="queued")
    shop.run(
        "CREATE ROLE reader LOGIN",
        "CREATE VIEW tasks WITH (security_invoker = on) AS SELECT * FROM jobs",
        "GRANT SELECT ON jobs, tasks TO reader",
    )
    reader = shop.reader(role="reader", table="tasks")
    assert len(shop.told(reader).lanes) == 1

    shop.run("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY")

    assert "row-level security on public.jobs hides rows" in _refusal(shop, reader)


def test_a_right_to_one_column_that_is_taken_away_is_missed_until_it_is_back(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="queued", run_at=-100)
    shop.run("CREATE ROLE reader LOGIN", "GRANT SELECT (kind, state, run_at) ON jobs TO reader")
    reader = shop.reader(role="reader", table="jobs")
    assert list(shop.told(reader).lanes) == [Lane("jobs", "A")]

    shop.run("REVOKE SELECT (kind) ON jobs FROM reader")

    assert "permission denied for table jobs" in _refusal(shop, reader)
    assert "column kind may not be read any more in public.jobs" in _refusal(shop, reader)

    shop.run("GRANT SELECT (kind) ON jobs TO reader")

    assert list(shop.told(reader).lanes) == [Lane("jobs", "A")]


@pytest.mark.parametrize(
    ("table", "collector", "column"), [("job_events", "flows", "stage"), ("job_workers", "workers", "slots")]
)
def test_a_companion_that_comes_and_goes_costs_only_what_it_tells(
    shop: Shop, reader: TableReader, table: str, collector: str, column: str
) -> None:
    before = shop.told(reader).lanes
    shop.run(EVENTS, heartbeats.DDL, "GRANT SELECT ON job_events, job_workers TO reader")
    fresh = shop.reader(role="reader", table="jobs")
    assert shop.told(fresh).errors == {}

    shop.run(f"ALTER TABLE {table} RENAME {column} TO other")
    altered = shop.told(fresh)
    shop.run(f"ALTER TABLE {table} RENAME other TO {column}", f"ALTER TABLE {table} RENAME TO gone")
    without = shop.told(fresh)
    shop.run(f"ALTER TABLE gone RENAME TO {table}")

    assert altered.lanes == without.lanes == before
    assert list(altered.errors) == [collector]
    assert f"{column} does not exist: was it renamed or dropped?" in altered.errors[collector].replace('"', "")
    assert without.errors == {}


def test_a_companion_that_was_asked_for_is_told_once_it_is_there(shop: Shop, reader: TableReader) -> None:
    asked = shop.reader(role="reader", table="jobs", events=Events(table="job_events"))
    first = shop.told(asked)
    shop.run(EVENTS, "GRANT SELECT ON job_events TO reader")

    second = shop.told(asked)

    assert first.errors == {
        "flows": "there is no table job_events (or it is in another schema, or in one that this role may not use: "
        "write it as schema.table)"
    }
    assert second.errors == {}
    assert second.facts.flow_window is not None
