"""Each live row is in exactly one state, whatever it holds."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.model import Lane, State
from tests.engines.table.shop import Shop

WAITING, RETRY = ("queued", "pending"), ("failed", "retrying")
RUNNING, DEAD = ("running", "processing"), ("dead_letter", "dead")
FINISHED = ("done", "completed", "cancelled", "discarded")
MOMENTS = ("run_at", "created_at", "locked_at", "heartbeat_at", "updated_at")

_MOMENT = st.sampled_from([None, "-infinity", "infinity", "0001-01-01", "9999-12-31", -700, -5, 5, 700])
_ROW = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([None, "", "A", "B"]),
        "state": st.sampled_from([None, *WAITING, *RETRY, *RUNNING, *DEAD, *FINISHED]),
        "attempts": st.sampled_from([None, -1, 0, 1, 7]),
        **dict.fromkeys(MOMENTS, _MOMENT),
    }
)
Cell = str | int | None
Row = dict[str, Cell]


def _future(moment: Cell) -> bool:
    return moment in ("infinity", "9999-12-31") or (isinstance(moment, int) and moment > 0)


def _classified(row: Row) -> State | None:
    """The state of a row, by the words of the design."""
    state, attempts = row["state"], row["attempts"]
    if state in RUNNING:
        return State.RUNNING
    if state in DEAD:
        return State.DEAD_LETTER
    if state not in WAITING + RETRY:
        return None
    if not _future(row["run_at"]):
        return State.PENDING
    tried = isinstance(attempts, int) and attempts > 0
    return State.RETRYING if tried or state in RETRY else State.SCHEDULED


def _counted(rows: list[Row]) -> Counter[tuple[Lane, State]]:
    return Counter((Lane("jobs", str(row["kind"] or "")), state) for row in rows if (state := _classified(row)))


@pytest.fixture(params=[False, True], ids=["plain", "indexed"])
def table(database: Database, request: pytest.FixtureRequest) -> Shop:
    """A table that says nothing of its own, with and without the indexes that we recommend."""
    shop = Shop(database)
    shop.jobs(without=["id"], types={"created_at": "timestamptz", "updated_at": "timestamptz"})
    if request.param:
        shop.run("CREATE INDEX ON jobs (state, kind, run_at, created_at) INCLUDE (attempts)")
    return shop


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(_ROW, max_size=30))
def test_each_live_row_is_in_exactly_one_state(table: Shop, rows: list[Row]) -> None:
    table.run("TRUNCATE jobs")
    with table.database.connection.pipeline():
        for row in rows:
            moments = {name: f"now() + {row[name]} * interval '1 s'" for name in MOMENTS if isinstance(row[name], int)}
            listed = ", ".join(moments.get(name, f"%({name})s") for name in row)
            table.database.connection.execute(f"INSERT INTO jobs ({', '.join(row)}) VALUES ({listed})".encode(), row)

    told = table.read()

    found = {(lane, state): n for lane, jobs in told.lanes.items() for state, n in jobs.counts.items() if n}
    assert found == dict(_counted(rows))
    assert told.errors == {}
    for jobs in told.lanes.values():
        ages = (jobs.oldest_pending_seconds, jobs.oldest_running_seconds, jobs.oldest_dead_letter_seconds)
        assert all(age is None or 0 <= age < 1e12 for age in ages)
    table.close()
