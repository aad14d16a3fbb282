"""Nothing that a database does, or leaves undone, holds a reading up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.errors import Refused, TimedOut
from jobqueue_exporter.sources.postgres import Postgres
from tests.deadline import until
from tests.sources.asking import PATIENCE, ask, busy, paused, pid, source_of

LONG = "SELECT pg_sleep(3600)"
STOPPED = "no answer within the time limit; the query was cancelled"


@pytest.fixture
def thread() -> Iterator[ThreadPoolExecutor]:
    """Where a reading runs, so that the test may stop it."""
    with ThreadPoolExecutor(1) as thread:
        yield thread


def test_a_query_ends_with_the_session_s_time(database: Database, source: Postgres) -> None:
    with pytest.raises(TimedOut, match="canceling statement due to statement timeout"):
        ask(source, LONG, seconds=0.2)
    assert not busy(database, LONG)


def test_each_query_has_what_the_ones_before_have_left(source: Postgres) -> None:
    limit = "SELECT current_setting('statement_timeout')::interval < '25 s'"
    with source.session(time.monotonic() + PATIENCE) as session:
        assert session.rows(f"{limit} FROM pg_sleep(0.01)") == [(False,)]
    with source.session(time.monotonic() + 24) as session:
        assert session.rows(limit) == [(True,)]


def test_what_is_asked_after_the_deadline_is_not_asked_at_all(source: Postgres) -> None:
    with (
        pytest.raises(TimedOut, match="^the time limit was over before all was read$"),
        source.session(time.monotonic() + 0.3) as session,
    ):
        until(lambda: not session.rows("SELECT 1"))


def test_a_session_without_any_time_does_not_even_connect(database: Database, source: Postgres) -> None:
    with pytest.raises(TimedOut, match="the time limit was over before the reading began"):
        ask(source, "SELECT 1", seconds=0)
    found = database.connection.execute("SELECT FROM pg_stat_activity WHERE application_name = 'jobqueue_exporter'")
    assert found.rowcount == 0


@pytest.mark.parametrize("change", ["ALTER TABLE jobs ADD COLUMN more int", "LOCK TABLE jobs"])
def test_a_table_that_is_being_altered_is_not_waited_for(database: Database, source: Postgres, change: str) -> None:
    database.connection.execute("CREATE TABLE jobs (id int)")
    with psycopg.connect(database.dsn) as migration:
        migration.execute(change.encode())
        with pytest.raises(Refused, match=r"lock timeout: the table is locked, as by ALTER TABLE or LOCK$"):
            ask(source, "SELECT count(*) FROM jobs")
    assert ask(source, "SELECT count(*) FROM jobs") == [(0,)]


def test_stopping_ends_a_long_query_in_the_database_too(
    database: Database, source: Postgres, thread: ThreadPoolExecutor
) -> None:
    reading = thread.submit(ask, source, LONG, seconds=3600)
    until(lambda: busy(database, LONG))
    source.stop()
    with pytest.raises(TimedOut, match=STOPPED):
        reading.result(PATIENCE)
    assert not busy(database, LONG)
    assert ask(source, "SELECT 1") == [(1,)]


def test_stopping_ends_a_part_and_all_after_it(
    database: Database, source: Postgres, thread: ThreadPoolExecutor
) -> None:
    def read() -> None:
        with source.session(time.monotonic() + 3600) as session:
            session.contained(lambda: session.rows(LONG))

    reading = thread.submit(read)
    until(lambda: busy(database, LONG))
    source.stop()
    with pytest.raises(TimedOut, match=STOPPED):
        reading.result(PATIENCE)


def test_stopping_between_two_queries_is_noticed_at_the_next(source: Postgres) -> None:
    with pytest.raises(TimedOut), source.session(time.monotonic() + PATIENCE) as session:
        assert session.rows("SELECT 1") == [(1,)]
        source.stop()
        session.rows("SELECT 1")
    assert ask(source, "SELECT 1") == [(1,)]


def test_stopping_when_nothing_is_read_does_nothing(source: Postgres) -> None:
    source.stop()
    before = pid(source)
    source.stop()
    assert pid(source) == before


def test_a_database_that_hangs_is_cut_off_and_read_again_by_another_connection(
    source: Postgres, thread: ThreadPoolExecutor
) -> None:
    hanging = pid(source)
    with paused(hanging):
        reading = thread.submit(ask, source, "SELECT 1", seconds=3600)
        until(lambda: reading.running() and source._reading.is_set())
        source.stop()
        with pytest.raises(TimedOut, match=STOPPED):
            reading.result(PATIENCE)
        assert pid(source) != hanging


def test_no_thread_is_left_of_a_stopped_reading(source: Postgres, thread: ThreadPoolExecutor) -> None:
    with paused(pid(source)):
        reading = thread.submit(ask, source, "SELECT 1", seconds=3600)
        until(lambda: reading.running() and source._reading.is_set())
        source.stop()
        assert reading.exception(PATIENCE) is not None
    until(lambda: not {each.name for each in threading.enumerate()} & {"cancel", "cut"})
