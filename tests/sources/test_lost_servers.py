"""Servers that go away and come back, between readings and during one."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.demo.postgres import Mode
from jobqueue_exporter.errors import Unreachable
from jobqueue_exporter.sources.postgres import Postgres
from tests.deadline import until
from tests.sources.asking import PATIENCE, ask, busy, pid

LONG = "SELECT pg_sleep(3600)"
MODES: tuple[Mode, ...] = ("fast", "immediate")


def terminate(database: Database, process: int) -> None:
    """End the server's side of a connection, and wait until it is gone."""
    gone = "SELECT FROM pg_stat_activity WHERE pid = %s"
    with psycopg.connect(database.server.local_dsn(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [process])
        until(lambda: admin.execute(gone, [process]).rowcount == 0)


@pytest.mark.parametrize("mode", MODES)
def test_a_restart_between_two_readings_is_not_noticed(database: Database, source: Postgres, mode: Mode) -> None:
    before = pid(source)
    database.server.restart(mode)
    assert pid(source) != before


def test_a_connection_that_was_ended_while_idle_is_replaced(database: Database, source: Postgres) -> None:
    before = pid(source)
    terminate(database, before)
    assert pid(source) != before


@pytest.mark.parametrize("mode", MODES)
def test_a_server_that_is_down_is_told_at_each_reading_until_it_is_back(
    database: Database, source: Postgres, mode: Mode
) -> None:
    ask(source, "SELECT 1")
    database.server.stop(mode)
    refused = rf'^{database.dsn}: connection failed: .*port {database.server.port} failed: Connection refused'
    for _ in range(3):
        with pytest.raises(Unreachable, match=refused):
            ask(source, "SELECT 1")
    database.server.start()
    assert ask(source, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (lambda database, process: terminate(database, process), "terminating connection due to administrator command"),
        (lambda database, _: database.server.restart("fast"), "terminating connection due to administrator command"),
        (lambda database, _: database.server.restart("immediate"), "terminating connection because of .*shutdown"),
    ],
    ids=["terminated", "restarted", "crashed"],
)
def test_a_reading_that_loses_its_server_says_so_and_the_next_is_fine(
    database: Database, source: Postgres, end: Callable[[Database, int], None], told: str
) -> None:
    process = pid(source)
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(ask, source, LONG, seconds=3600)
        until(lambda: busy(database, LONG))
        end(database, process)
        with pytest.raises(Unreachable, match=told):
            reading.result(PATIENCE)
    assert pid(source) != process


def test_a_part_that_loses_its_server_ends_the_whole_reading(database: Database, source: Postgres) -> None:
    process = pid(source)
    with (
        pytest.raises(Unreachable, match="terminating connection due to administrator command"),
        source.session(time.monotonic() + PATIENCE) as session,
    ):
        session.contained(lambda: [terminate(database, process), session.rows("SELECT 1")])


def test_a_server_that_is_lost_before_the_end_of_a_reading_makes_it_worthless(
    database: Database, source: Postgres
) -> None:
    process = pid(source)
    with pytest.raises(Unreachable), source.session(time.monotonic() + PATIENCE) as session:
        assert session.rows("SELECT 1") == [(1,)]
        terminate(database, process)
    assert ask(source, "SELECT 1") == [(1,)]
