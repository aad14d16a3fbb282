"""Walking an index tells the same as reading every live row."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.engines.table import walk
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.model import Lane, LaneJobs
from jobqueue_exporter.secret import Secret
from tests.engines.table.shop import Shop

_TABLE = """
CREATE TABLE jobs (id bigserial PRIMARY KEY, queue text NOT NULL, kind text, state text NOT NULL,
                   attempts int, run_at timestamptz, created_at timestamptz, updated_at timestamptz,
                   locked_at timestamptz, locked_by text, heartbeat_at timestamptz);
CREATE INDEX jobs_state ON jobs (state, run_at);
"""
_INDEXES = """
CREATE INDEX jobs_live_count ON jobs (state, queue, kind) WHERE state NOT IN ('completed');
CREATE INDEX jobs_live_due ON jobs (state, queue, kind, run_at, created_at) INCLUDE (attempts)
WHERE state NOT IN ('completed');
"""
_DROP = "DROP INDEX IF EXISTS jobs_live_count, jobs_live_due"
_INSERT = """
INSERT INTO jobs (queue, kind, state, attempts, run_at, created_at, updated_at)
VALUES (%s, %s, %s, %s, now() + %s * interval '1 s', now() - interval '1 s' * %s,
        now() - interval '1 s' * %s)
"""
# A job is due before it dies, so a dead row's run_at is never later than its updated_at.
_WAITING = st.tuples(
    st.sampled_from(["a", "b'\""]),
    st.sampled_from(["x", "y", "z"]),
    st.sampled_from(["queued", "failed", "completed"]),
    st.none() | st.integers(0, 3),
    st.none() | st.integers(-500, 500),
    st.none() | st.integers(-10, 900),
    st.just(0),
)
_DEAD = st.tuples(
    st.sampled_from(["a", "b'\""]),
    st.sampled_from(["x", "y"]),
    st.just("dead_letter"),
    st.just(5),
    st.none() | st.integers(-900, -500),
    st.integers(0, 900),
    st.integers(0, 500),
)
_ROWS = st.lists(_WAITING | _DEAD, max_size=25)


@pytest.fixture(scope="module")
def request_of_core() -> Request:
    """A request for the core alone."""
    return Request(deadline=time.monotonic() + 600, extras=frozenset())


def _lanes(database: Database, request: Request, count_cap: int = 100_000) -> dict[Lane, LaneJobs]:
    """The lanes of one reading, ages rounded to seconds."""
    reader = TableReader(Source(name="a", dsn=Secret(database.dsn), heartbeats=False, count_cap=count_cap))
    try:
        facts = next(part.facts for part in reader.read(request) if part.collector == "jobs")
    finally:
        reader.close()
    assert facts is not None
    assert facts.lanes is not None
    return {lane: _rounded(jobs) for lane, jobs in facts.lanes.items() if any(jobs.counts.values())}


def _rounded(jobs: LaneJobs) -> LaneJobs:
    def tens(age: float | None) -> float | None:
        return None if age is None else round(age, -1)

    return LaneJobs(
        counts=jobs.counts,
        oldest_pending_seconds=tens(jobs.oldest_pending_seconds),
        oldest_running_seconds=tens(jobs.oldest_running_seconds),
        oldest_dead_letter_seconds=tens(jobs.oldest_dead_letter_seconds),
        stuck=jobs.stuck,
    )


def _fill(database: Database, rows: Sequence[tuple[object, ...]]) -> None:
    database.connection.execute("TRUNCATE jobs")
    # Ages away from the edges of their tens, so that the time between two readings changes nothing.
    with database.connection.cursor() as cursor:
        cursor.executemany(_INSERT, [(*row[:4], *(10 * v + 3 if v else v for v in row[4:])) for row in rows])  # type: ignore[operator]  # ages are ints


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=_ROWS)
def test_a_walk_tells_what_reading_all_live_rows_tells(
    database: Database, request_of_core: Request, rows: list[tuple[object, ...]]
) -> None:
    database.connection.execute("DROP TABLE IF EXISTS jobs")
    database.connection.execute(_TABLE)
    _fill(database, rows)
    read = _lanes(database, request_of_core)

    database.connection.execute(_INDEXES)
    walked = _lanes(database, request_of_core)

    assert walked == read


def test_the_index_is_walked_where_it_is(database: Database, request_of_core: Request) -> None:
    database.connection.execute(_TABLE + _INDEXES)
    _fill(database, [("a", "x", "queued", 0, -5, 5, 0)])

    assert _sorts(database, request_of_core) == ["waiting"]


def test_a_job_that_died_before_it_was_due_is_dated(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(kind="A", state="dead_letter", run_at=5000, updated_at=-300)
    jobs.add(kind="B", state="dead_letter", run_at=-5000, updated_at=None)
    jobs.add(kind="B", state="dead_letter", run_at=-4000, updated_at=-3000)
    shop.run("CREATE INDEX ON jobs (state, kind, run_at, created_at)")

    ages = {lane.kind: found.oldest_dead_letter_seconds for lane, found in shop.read().lanes.items()}

    assert ages == {"A": 300, "B": 3000}


@pytest.mark.parametrize(
    ("rows", "cap"),
    [
        pytest.param([("a", None, "queued", 0, -5, 5, 0)], 100_000, id="a job without a kind"),
        pytest.param([("a", "x", "queued", 0, -5, 5, 0)] * 5, 3, id="more than the cap"),
        pytest.param(
            [("a", f"k{i}", "queued", 0, -5, 5, 0) for i in range(walk.MOST_LANES + 1)], 100_000, id="too many lanes"
        ),
    ],
)
def test_what_cannot_be_walked_is_read(
    database: Database, request_of_core: Request, rows: list[tuple[object, ...]], cap: int
) -> None:
    database.connection.execute(_TABLE)
    _fill(database, rows)
    read = _lanes(database, request_of_core, cap)
    database.connection.execute(_INDEXES)

    assert _lanes(database, request_of_core, cap) == read
    assert _sorts(database, request_of_core, cap) == ["waiting", "read"]


def _sorts(database: Database, request: Request, count_cap: int = 100_000) -> list[str]:
    """How waiting jobs were counted: by a walk, by reading them, or by one after the other."""
    reader = TableReader(Source(name="a", dsn=Secret(database.dsn), heartbeats=False, count_cap=count_cap))
    texts = [one.text for one in reader.statements(request)]
    reader.close()
    found = ["waiting" for text in texts if text.startswith("WITH RECURSIVE k0")]
    return found + ["read" for text in texts if "'pending'" in text]
