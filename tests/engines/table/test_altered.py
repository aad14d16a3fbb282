"""A table that is altered between two readings: a clear error at most once, and right again after it."""

from __future__ import annotations

import pytest

from jobqueue_exporter.engines.table import heartbeats
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, LaneJobs
from tests.engines.table.shop import EVENTS, Shop


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


@pytest.mark.parametrize(
    ("there", "back", "error"),
    [
        pytest.param("ALTER TABLE jobs RENAME TO old_jobs", "ALTER TABLE old_jobs RENAME TO jobs", "jobs", id="renamed"),
        pytest.param(
            "CREATE SCHEMA old; ALTER TABLE jobs SET SCHEMA old", "ALTER TABLE old.jobs SET SCHEMA public", "jobs",
            id="moved",
        ),
        pytest.param("REVOKE SELECT ON jobs FROM reader", "GRANT SELECT ON jobs TO reader", "jobs", id="revoked"),
        pytest.param(
            "ALTER TABLE jobs RENAME state TO phase", "ALTER TABLE jobs RENAME phase TO state", "state",
            id="state renamed",
        ),
        pytest.param(
            "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY", "ALTER TABLE jobs DISABLE ROW LEVEL SECURITY",
            "row-level security on public.jobs", id="secured",
        ),
    ],
)  # fmt: skip
def test_what_is_gone_is_named_until_it_is_back(
    shop: Shop, reader: TableReader, there: str, back: str, error: str
) -> None:
    before = shop.told(reader).lanes
    shop.run(there)
    refusals = [_refusal(shop, reader) for _ in range(2)]

    shop.run(back)

    assert [error in refusal for refusal in refusals] == [True, True]
    assert shop.told(reader).lanes == before


def test_a_table_that_is_dropped_and_made_anew_is_read_anew(shop: Shop, reader: TableReader) -> None:
    shop.run("DROP TABLE jobs")
    assert "there is no table jobs" in _second(shop, reader)

    shop.jobs(named={"state": "status", "run_at": "next_run_at"}).add(kind="B", state="queued")
    shop.run("GRANT SELECT ON jobs TO reader")

    assert list(shop.told(reader).lanes) == [Lane("jobs", "B")]


def _second(shop: Shop, reader: TableReader) -> str:
    _refusal(shop, reader)
    return _refusal(shop, reader)


@pytest.mark.parametrize(
    "column", ["kind", "run_at", "attempts", "locked_at", "heartbeat_at", "created_at", "updated_at"]
)
@pytest.mark.parametrize(
    "change", ["DROP {0}", "RENAME {0} TO other", "ALTER {0} DROP DEFAULT, ALTER {0} TYPE json USING NULL"]
)
def test_a_column_that_is_gone_is_missed_at_most_once(
    shop: Shop, reader: TableReader, column: str, change: str
) -> None:
    shop.run(f"ALTER TABLE jobs {change.format(column)}")
    try:
        shop.told(reader)
    except Refused as refusal:
        assert column in str(refusal) or "operator does not exist" in str(refusal) or "json" in str(refusal)

    fresh = shop.read(role="reader", table="jobs")

    assert shop.told(reader).lanes == fresh.lanes


def test_a_state_that_becomes_an_enum_is_read_on(shop: Shop, reader: TableReader) -> None:
    before = shop.told(reader).lanes
    shop.run(
        "CREATE TYPE job_state AS ENUM ('queued', 'running', 'dead_letter')",
        "ALTER TABLE jobs ALTER state TYPE job_state USING state::job_state",
    )
    try:
        assert shop.told(reader).lanes == before
    except Refused as refusal:
        assert "job_state" in str(refusal)

    assert shop.told(reader).lanes == before


def test_a_right_to_one_column_that_is_taken_away_is_named_once(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="queued", run_at=-100)
    shop.run("CREATE ROLE reader LOGIN", "GRANT SELECT (kind, state, run_at) ON jobs TO reader")
    reader = shop.reader(role="reader", table="jobs")
    assert list(shop.told(reader).lanes) == [Lane("jobs", "A")]

    shop.run("REVOKE SELECT (kind) ON jobs FROM reader")

    assert "permission denied for table jobs" in _refusal(shop, reader)
    assert list(shop.told(reader).lanes) == [Lane("jobs")]


@pytest.mark.parametrize("table", ["job_events", "job_workers"])
def test_a_companion_that_comes_and_goes_costs_only_what_it_tells(
    shop: Shop, reader: TableReader, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(EVENTS, heartbeats.DDL, "GRANT SELECT ON job_events, job_workers TO reader")
    fresh = shop.reader(role="reader", table="jobs")
    before = shop.told(fresh)
    assert before.facts.flow_window is not None

    shop.run(f"ALTER TABLE {table} RENAME TO gone")
    lost = shop.told(fresh)
    without = shop.told(fresh)
    shop.run(f"ALTER TABLE gone RENAME TO {table}")

    assert lost.lanes == without.lanes == before.lanes
    assert list(lost.errors) == [{"job_events": "flows", "job_workers": "workers"}[table]]
    assert without.errors == {}
    assert _told(shop.read(role="reader", table="jobs").lanes) == _told(before.lanes)


def _told(lanes: dict[Lane, LaneJobs]) -> set[Lane]:
    return set(lanes)
