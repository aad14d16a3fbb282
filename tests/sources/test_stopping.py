"""Ending a session from another thread, and outliving what happens to its backend."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import pytest

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.errors import SourceError, TimedOut, Unreachable
from jobqueue_exporter.sources.postgres import APPLICATION_NAME, Postgres, Session
from tests.deadline import until
from tests.sources.conftest import Connect, soon

PATIENCE = 20.0
# What is sent before the query that sleeps is active for a moment too.
ACTIVE = """
SELECT pid FROM pg_stat_activity
WHERE application_name = %s AND datname = %s AND state = 'active' AND query LIKE '%%pg_sleep%%'
"""


class Sleeper(threading.Thread):
    """Reads what takes a minute, in a thread of its own, and keeps the error that ended it."""

    def __init__(self, source: Postgres, read: Callable[[Session], object] | None = None) -> None:
        super().__init__(daemon=True)
        self._source = source
        self._read = read or (lambda session: session.rows("SELECT pg_sleep(60)"))
        self._error: SourceError | None = None

    def run(self) -> None:
        try:
            with self._source.session(soon(60)) as session:
                self._read(session)
        except SourceError as error:
            self._error = error

    def ended(self) -> SourceError | None:
        """The error that ended it, within our patience."""
        self.join(PATIENCE)
        assert not self.is_alive()
        return self._error


def _active(database: Database) -> list[int]:
    return [pid for (pid,) in database.connection.execute(ACTIVE, [APPLICATION_NAME, database.name])]


def _asleep(database: Database, source: Postgres, read: Callable[[Session], object] | None = None) -> Sleeper:
    """A thread whose query runs."""
    sleeper = Sleeper(source, read)
    sleeper.start()
    until(lambda: bool(_active(database)))
    return sleeper


def _pid(source: Postgres) -> int:
    with source.session(soon()) as session:
        return int(session.rows("SELECT pg_backend_pid()")[0][0])


def test_a_stop_ends_the_query_in_the_database(source: Postgres, database: Database) -> None:
    sleeper = _asleep(database, source)

    source.stop()

    assert isinstance(sleeper.ended(), TimedOut)
    until(lambda: not _active(database))
    assert _pid(source)


def test_a_stop_ends_all_of_a_session_and_not_only_one_part(source: Postgres, database: Database) -> None:
    def read(session: Session) -> None:
        for _ in range(10):
            with suppress(SourceError):
                session.contained(lambda: session.rows("SELECT pg_sleep(60)"))

    sleeper = _asleep(database, source, read)

    source.stop()

    assert isinstance(sleeper.ended(), TimedOut)


def test_a_stop_between_two_queries_ends_the_session(source: Postgres) -> None:
    def read(session: Session) -> None:
        source.stop()
        for _ in range(3):
            session.rows("SELECT 1")

    with pytest.raises(TimedOut), source.session(soon()) as session:
        read(session)

    assert _pid(source)


def test_a_session_that_was_stopped_gives_up_its_connection(source: Postgres) -> None:
    with source.session(soon()) as session:
        stopped = session.rows("SELECT pg_backend_pid()")
        source.stop()

    # A cancel that arrives now finds nobody.
    assert stopped != [(_pid(source),)]


def test_a_stop_when_nothing_is_read_does_nothing(source: Postgres) -> None:
    source.stop()
    pid = _pid(source)
    source.stop()

    assert _pid(source) == pid


def test_a_backend_that_is_paused_is_cut_off(source: Postgres, database: Database) -> None:
    sleeper = _asleep(database, source)
    (pid,) = _active(database)
    os.kill(pid, signal.SIGSTOP)
    try:
        source.stop()

        assert isinstance(sleeper.ended(), TimedOut)
        assert _pid(source) != pid
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_backend_that_was_paused_while_idle_is_cut_off_too(source: Postgres) -> None:
    pid = _pid(source)
    os.kill(pid, signal.SIGSTOP)
    sleeper = Sleeper(source)
    try:
        sleeper.start()
        until(source._reading.is_set)
        source.stop()

        assert isinstance(sleeper.ended(), TimedOut)
        assert _pid(source) != pid
    finally:
        os.kill(pid, signal.SIGCONT)


def test_no_thread_is_left_of_a_stopped_session(source: Postgres, database: Database) -> None:
    sleeper = _asleep(database, source)
    source.stop()
    sleeper.ended()

    until(lambda: not {thread.name for thread in threading.enumerate()} & {"cancel", "cut"})


def test_a_backend_that_was_ended_while_idle_is_replaced(source: Postgres, database: Database) -> None:
    pid = _pid(source)

    database.connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    assert _pid(source) != pid


def test_a_backend_that_is_ended_in_the_middle_is_unreachable_once(source: Postgres, database: Database) -> None:
    sleeper = _asleep(database, source)

    database.connection.execute("SELECT pg_terminate_backend(%s, 5000)", _active(database))

    error = sleeper.ended()
    assert isinstance(error, Unreachable)
    assert "terminating connection due to administrator command" in str(error)
    assert _pid(source)


def test_a_server_that_never_answers_is_given_up(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = connect(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/d?connect_timeout=3600")

        with pytest.raises(Unreachable, match="connection timeout expired"), source.session(soon(1)):
            pass
