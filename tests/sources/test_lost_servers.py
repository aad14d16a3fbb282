"""Servers that are lost while they are read, by whatever way."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.errors import Unreachable
from jobqueue_exporter.sources.postgres import Postgres, Row, Session
from tests.deadline import until
from tests.sources.conftest import Connect, soon

PATIENCE = 20.0
LONG = "SELECT pg_sleep(3600)"
PID = "SELECT pg_backend_pid()"


@pytest.fixture
def source(connect: Connect, database: Database) -> Postgres:
    """The test's database."""
    return connect(database.dsn)


def ask(source: Postgres, query: str) -> list[Row]:
    """What a session of its own says to one query."""
    with source.session(soon(3600)) as session:
        return session.rows(query)


def busy(database: Database) -> bool:
    """Whether the long query runs."""
    query = "SELECT FROM pg_stat_activity WHERE datname = %s AND state = 'active' AND query LIKE '%%pg_sleep(3600)'"
    return database.connection.execute(query, [database.name]).rowcount > 0


def terminate(database: Database, process: int) -> None:
    """End the server's side of a connection, and wait until it is gone."""
    with psycopg.connect(database.server.local_dsn(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [process])
        until(lambda: not admin.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [process]).rowcount)


def restart(database: Database, _: int) -> None:
    """End every connection in an orderly way."""
    database.server.restart("fast")


def crash(database: Database, _: int) -> None:
    """End every connection in no way at all."""
    database.server.restart("immediate")


ENDS = pytest.mark.parametrize("end", [terminate, restart, crash])


@ENDS
def test_a_connection_that_was_lost_between_two_readings_is_replaced_unnoticed(
    database: Database, source: Postgres, end: Callable[[Database, int], None]
) -> None:
    ((process,),) = ask(source, PID)
    end(database, process)
    assert ask(source, PID) != [(process,)]


@ENDS
def test_a_query_that_loses_its_server_says_so_and_the_next_reading_is_fine(
    database: Database, source: Postgres, end: Callable[[Database, int], None]
) -> None:
    ((process,),) = ask(source, PID)
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(ask, source, LONG)
        until(lambda: busy(database))
        end(database, process)
        error = reading.exception(PATIENCE)
    assert isinstance(error, Unreachable)
    assert re.fullmatch(f"{database.dsn}: .*(terminating connection|server closed the connection).*", str(error))
    assert ask(source, PID) != [(process,)]


@pytest.mark.parametrize("contained", [False, True])
def test_a_server_that_is_lost_between_two_queries_ends_the_whole_reading(
    database: Database, source: Postgres, contained: bool
) -> None:
    def read(session: Session) -> list[Row]:
        terminate(database, session.rows(PID)[0][0])
        return session.rows("SELECT 1")

    with pytest.raises(Unreachable, match="terminating connection"), source.session(soon()) as session:
        session.contained(lambda: read(session)) if contained else read(session)


def test_a_reading_that_loses_its_server_at_its_very_end_is_worth_nothing(database: Database, source: Postgres) -> None:
    with pytest.raises(Unreachable), source.session(soon()) as session:
        terminate(database, session.rows(PID)[0][0])
    assert ask(source, "SELECT 1") == [(1,)]
