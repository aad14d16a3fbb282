"""Sources of sessions for one test, and one question at a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import Signals

from jobqueue_exporter import dsn
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.sources.postgres import Postgres, Row

PATIENCE = 30.0


@contextmanager
def source_of(url: str, *, connect_timeout: float = 10.0) -> Iterator[Postgres]:
    """The source at this URL, closed afterwards."""
    source = Postgres(dsn.parse(url), connect_timeout=connect_timeout)
    try:
        yield source
    finally:
        source.close()


def ask(source: Postgres, query: str, *, seconds: float = PATIENCE) -> list[Row]:
    """What one session that has so many seconds says to one query."""
    with source.session(time.monotonic() + seconds) as session:
        return session.rows(query)


def pid(source: Postgres) -> int:
    """The process that serves this source."""
    return int(ask(source, "SELECT pg_backend_pid()")[0][0])


def busy(database: Database, query: str) -> bool:
    """Whether such a query runs in the database."""
    found = database.connection.execute(
        "SELECT FROM pg_stat_activity WHERE state = 'active' AND datname = %s AND query LIKE %s AND pid <> pg_backend_pid()",
        [database.name, f"%{query}%"],
    )
    return found.rowcount > 0


@contextmanager
def paused(process: int) -> Iterator[None]:
    """A process of the server that does not go on, as one whose disk hangs."""
    os.kill(process, Signals.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, Signals.SIGCONT)
