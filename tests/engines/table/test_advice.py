"""The index that doctor recommends serves our query, and heartbeats stay cheap with it."""

from __future__ import annotations

import time

import pytest

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.protocol import Finding, Request, Status
from jobqueue_exporter.engines.table import advice
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.secret import Secret

_FILL = f"""
INSERT INTO jobs (workspace_id, kind, state, run_at, locked_by, locked_at, heartbeat_at)
SELECT gen_random_uuid(), 'K' || i % 3, CASE WHEN i % 50 = 0 THEN 'running' WHEN i % 50 = 1 THEN 'queued'
       ELSE 'completed' END, now(), 'w', now(), now()
FROM generate_series(1, {advice.SMALL_ROWS + 1000}) i
"""


@pytest.fixture
def large(database: Database) -> Database:
    """System A's tables with more rows than are small."""
    schema.create_tables(database.connection)
    database.connection.execute(_FILL)
    database.connection.execute("VACUUM ANALYZE")
    return database


def _request() -> Request:
    return Request(deadline=time.monotonic() + 5, extras=frozenset())


def _plan(database: Database) -> Plan:
    reader = TableReader(Source(name="a", dsn=Secret(database.dsn)))
    list(reader.read(_request()))
    reader.close()
    return reader.planned


def _advice(database: Database) -> list[tuple[Status, bool]]:
    return [(found.status, bool(found.statement)) for found in advice.findings(_plan(database))]


def test_without_an_index_on_the_state_doctor_warns(large: Database) -> None:
    large.connection.execute("DROP INDEX jobs_state_run_at")

    assert _advice(large) == [(Status.WARNING, True), (Status.INFO, False)]


def test_with_an_index_on_the_state_doctor_knows_a_better_one(large: Database) -> None:
    assert _advice(large) == [(Status.INFO, True)]


def test_once_its_statement_was_run_doctor_is_content(large: Database) -> None:
    _follow_advice(large)

    assert _advice(large) == [(Status.OK, False)]


def test_the_recommended_index_is_what_a_reading_uses(large: Database) -> None:
    _follow_advice(large)
    large.connection.execute("VACUUM ANALYZE jobs")
    reader = TableReader(Source(name="a", dsn=Secret(large.dsn)))

    plans = "".join(one.plan for one in reader.statements(_request(), explain=True) if one.collector == "jobs")
    reader.close()

    used = [name in plans for name in ("using jobs_live_count", "using jobs_live_due", "Seq Scan on jobs")]
    assert used == [True, True, False]


def test_heartbeats_stay_hot_updates_with_the_recommended_index(large: Database) -> None:
    _follow_advice(large)
    large.connection.execute("ALTER TABLE jobs SET (fillfactor = 50)")
    large.connection.execute("VACUUM FULL jobs")
    before = _updates(large)

    large.connection.execute(
        "UPDATE jobs SET heartbeat_at = clock_timestamp(), updated_at = clock_timestamp() WHERE state = 'running'"
    )

    large.connection.execute("SELECT pg_stat_force_next_flush()")
    all_, hot = (after - was for after, was in zip(_updates(large), before, strict=True))
    assert (all_, hot) == (1020, 1020)


def test_a_small_table_needs_no_index(database: Database) -> None:
    schema.create_tables(database.connection)
    database.connection.execute("DROP INDEX jobs_state_run_at; ANALYZE jobs")

    assert _advice(database) == [(Status.OK, False)]


def test_an_events_table_without_indexes_is_told_of_both(database: Database) -> None:
    schema.create_tables(database.connection)
    database.connection.execute("DROP INDEX job_events_created_at, job_events_job_id; ANALYZE jobs")

    assert _advice(database) == [(Status.OK, False), (Status.WARNING, True), (Status.INFO, True)]


def _follow_advice(database: Database) -> None:
    found: Finding = next(advice.findings(_plan(database)))
    for statement in found.statement.splitlines():
        database.connection.execute(statement.encode())


def _updates(database: Database) -> tuple[int, int]:
    row = database.connection.execute(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'jobs'"
    ).fetchone()
    assert row is not None
    return row[0], row[1]
