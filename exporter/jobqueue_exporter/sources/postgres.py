"""One read-only connection to one Postgres, with a time limit on all it does."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg.sql import Literal

from jobqueue_exporter.dsn import Dsn
from jobqueue_exporter.errors import SourceError, TimedOut
from jobqueue_exporter.sources import postgres_errors
from jobqueue_exporter.sources.hangup import at_the_latest, cancel_then_cut
from jobqueue_exporter.sources.postgres_text import encoding, read_any_text

APPLICATION_NAME = "jobqueue_exporter"
LOCK_TIMEOUT_SECONDS = 0.5
# A reading that stops between two queries, as when our host is paused, must not hold back vacuum.
IDLE_SECONDS = 5
Row = tuple[Any, ...]
T = TypeVar("T")


class Session:
    """A transaction that sees one database snapshot and may only read, until its deadline."""

    def __init__(self, connection: psycopg.Connection[Row], deadline: float, stopped: threading.Event) -> None:
        self._connection = connection
        self._deadline = deadline
        self._stopped = stopped
        self.sent: list[str] = []

    def rows(self, query: str) -> list[Row]:
        """All rows of a query. Raises psycopg.Error and TimedOut."""
        self.sent.append(query)
        return self._run(query)

    def explained(self, query: str) -> str:
        """The plan of a query, which is not run. Raises psycopg.Error and TimedOut."""
        return "\n".join(line for (line,) in self._run(f"EXPLAIN {query}"))

    def contained(self, read: Callable[[], T]) -> T:
        """What `read` returns, in a savepoint: its failure leaves the transaction usable.

        Raises:
            SourceError: the read failed; the reading may go on, unless it was stopped.
        """
        self._connection.execute(b"SAVEPOINT part")
        try:
            found = read()
        except psycopg.Error as error:
            if self._connection.broken or self._stopped.is_set():
                raise
            self._connection.execute(b"ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part")
            raise postgres_errors.explained(error) from error
        self._connection.execute(b"RELEASE SAVEPOINT part")
        return found

    def _run(self, query: str) -> list[Row]:
        """One message of two statements, so that each query has no more than what is left of the time."""
        if self._stopped.is_set() or time.monotonic() >= self._deadline:
            raise TimedOut("the time limit was over before all was read")
        cursor = self._connection.execute(f"{statement_limit(self._deadline)}; {query}".encode())
        cursor.nextset()
        return cursor.fetchall()


def statement_limit(deadline: float) -> str:
    """The statement that bounds all later ones of this transaction by what is left until `deadline`."""
    left = max(1, math.floor((deadline - time.monotonic()) * 1000))
    return f"SELECT set_config('statement_timeout', '{left}ms', true)"


def guards(deadline: float, dsn: Dsn, encoding: str) -> str:
    """Starts the read-only transaction and sets its guards, for this transaction alone.

    Set by SET LOCAL's function, since a session-wide setting leaks or is refused behind a
    transaction pooler. No jit and no parallel workers: a reading must not take a second core.
    """
    modest = {"jit": "off", "max_parallel_workers_per_gather": "0"}
    begin = f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {statement_limit(deadline)}"
    return f"{begin}; {local_settings(dsn, encoding, LOCK_TIMEOUT_SECONDS, modest)}"


def local_settings(dsn: Dsn, encoding: str, lock_seconds: float, more: Mapping[str, str]) -> str:
    """The statement that sets what every transaction of ours needs, and `more`, for this transaction alone."""
    settings = {
        "client_encoding": encoding,
        "TimeZone": "UTC",
        "lock_timeout": f"{int(lock_seconds * 1000)}ms",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
        "application_name": dsn.params.get("application_name", APPLICATION_NAME),
        **more,
    }
    if dsn.search_path:
        settings["search_path"] = dsn.search_path
    calls = (f"set_config('{name}', {Literal(value).as_string()}, true)" for name, value in settings.items())
    return f"SELECT {', '.join(calls)}"


class Postgres:
    """A source of Sessions. One thread at a time may read; `stop` may come from any other."""

    def __init__(self, dsn: Dsn, *, connect_timeout: float) -> None:
        self._dsn = dsn
        self._connect_timeout = connect_timeout
        self._connection: psycopg.Connection[Row] | None = None
        self._reading = threading.Event()
        self._stopped = threading.Event()
        self._ending = threading.Lock()

    @contextmanager
    def session(self, deadline: float) -> Iterator[Session]:
        """A Session until `deadline` (on time.monotonic()). Raises SourceError."""
        with self._ending:
            self._reading, self._stopped = threading.Event(), threading.Event()
            self._reading.set()
        try:
            with at_the_latest(deadline, partial(self._overdue, self._reading)):
                connection = self._begin(deadline)
                yield Session(connection, deadline, self._stopped)
                self._commit(connection)
        except psycopg.Error as error:
            self._abandon()
            raise self._explained(error) from error
        except BaseException:
            self._abandon()
            raise
        finally:
            self._end()

    def stop(self) -> None:
        """End the session under way, from another thread; returns at once."""
        with self._ending:
            self._stopped.set()
            self._hang_up()

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, OSError):
                connection.close()

    def _overdue(self, reading: threading.Event) -> None:
        """End that session, if it is still under way; connecting has a time limit of its own."""
        with self._ending:
            if reading is self._reading and self._connection is not None:
                self._stopped.set()
                self._hang_up()

    def _hang_up(self) -> None:
        if self._connection is not None and self._reading.is_set():
            cancel_then_cut(self._connection, self._reading)

    def _begin(self, deadline: float) -> psycopg.Connection[Row]:
        """A connection with its transaction open; one that died while idle is replaced."""
        if time.monotonic() >= deadline:
            raise TimedOut(f"{self._dsn.public()}: the time limit was over before the reading began")
        if self._connection is not None:
            try:
                self._start(self._connection, deadline)
                return self._connection
            except psycopg.OperationalError:
                if not self._connection.broken or self._stopped.is_set():
                    raise
                self.close()
        connection = self._connect(deadline)
        self._start(connection, deadline)
        return connection

    def _start(self, connection: psycopg.Connection[Row], deadline: float) -> None:
        connection.execute(guards(deadline, self._dsn, encoding(connection)).encode())

    def _commit(self, connection: psycopg.Connection[Row]) -> None:
        connection.execute(b"COMMIT")

    def _connect(self, deadline: float) -> psycopg.Connection[Row]:
        left = min(deadline - time.monotonic(), self._connect_timeout)
        given = self._dsn.conninfo()
        if not 0 < float(given.get("connect_timeout", 0)) < left:
            given["connect_timeout"] = str(max(1, math.ceil(left)))
        arguments: dict[str, Any] = {"application_name": APPLICATION_NAME} | given
        connection = psycopg.connect(autocommit=True, prepare_threshold=None, **arguments)
        read_any_text(connection)
        with self._ending:
            self._connection = connection
            if self._stopped.is_set():
                raise TimedOut(f"{self._dsn.public()}: no connection in time")
        return connection

    def _abandon(self) -> None:
        """End the transaction; a connection that cannot even do that is given up."""
        connection = self._connection
        if connection is None:
            return
        try:
            connection.execute(b"ROLLBACK")
        except psycopg.Error:
            self.close()

    def _end(self) -> None:
        """A session that was stopped gives up its connection: the cancel may arrive late."""
        with self._ending:
            self._reading.clear()
            if self._stopped.is_set():
                self.close()

    def _explained(self, error: psycopg.Error) -> SourceError:
        if self._stopped.is_set():
            return TimedOut(f"{self._dsn.public()}: no answer within the time limit; the query was cancelled")
        found = postgres_errors.explained(error)
        return type(found)(f"{self._dsn.public()}: {self._masked(str(found))}")

    def _masked(self, text: str) -> str:
        """The text without the password. What stands in the public DSN as well is no secret."""
        password = str(self._dsn.password)
        return text if not password or password in self._dsn.public() else text.replace(password, "***")
