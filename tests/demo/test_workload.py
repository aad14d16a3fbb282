from __future__ import annotations

import logging
import threading

import psycopg
import pytest

from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.demo.scenarios import SCENARIOS
from jobqueue_exporter.demo.workload import Workload
from tests.deadline import until

FINISHED = "SELECT count(*) FROM job_events WHERE stage = 'finished'"
BEATS = "SELECT extract(epoch FROM max(heartbeat_at)) * 1000 FROM job_workers"
PRODUCERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'demo producer'"
ENQUEUED = "SELECT count(*) FROM job_events WHERE stage = 'enqueued'"


def count(dsn: str, query: str) -> int:
    with psycopg.connect(dsn) as connection:
        (found,) = connection.execute(query.encode()).fetchone() or (0,)
        return int(found)


def test_jobs_are_enqueued_and_finished_while_it_is_open_and_no_thread_stays(database: Database) -> None:
    schema.create_tables(database.connection)
    with Workload(database.dsn, SCENARIOS["backlog"]):
        until(lambda: count(database.dsn, FINISHED) > 0)
    assert [t.name for t in threading.enumerate() if t.name.startswith(("worker", "producer", "keeper"))] == []


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_work_goes_on_after_the_database_was_away(
    database: Database, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    schema.create_tables(database.connection)
    with Workload(database.dsn, SCENARIOS["backlog"]):
        until(lambda: count(database.dsn, ENQUEUED) > 0)
        database.server.restart("fast" if mode == "fast" else "immediate")
        enqueued, beaten = count(database.dsn, ENQUEUED), count(database.dsn, BEATS)
        until(lambda: count(database.dsn, ENQUEUED) > enqueued)
        until(lambda: count(database.dsn, BEATS) > beaten)
    assert [record for record in caplog.records if record.levelno > logging.DEBUG] == []


def test_work_goes_on_after_a_table_was_away(database: Database) -> None:
    schema.create_tables(database.connection)
    with Workload(database.dsn, SCENARIOS["healthy"]):
        database.connection.execute("ALTER TABLE jobs RENAME TO gone")
        until(lambda: count(database.dsn, PRODUCERS) == 0)
        database.connection.execute("ALTER TABLE gone RENAME TO jobs")
        before = count(database.dsn, ENQUEUED)
        until(lambda: count(database.dsn, ENQUEUED) > before)
