"""Connections to read through, and a server that asks for a password."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from jobqueue_exporter import dsn
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.sources.postgres import Postgres

PASSWORD = "s3cret-p%40ss#word"
Connect = Callable[[str], Postgres]


def soon(seconds: float = 20.0) -> float:
    """A deadline that far from now."""
    return time.monotonic() + seconds


@pytest.fixture
def connect() -> Iterator[Connect]:
    """A source for a connection string, closed after the test."""
    with ExitStack() as stack:

        def connected(text: str) -> Postgres:
            source = Postgres(dsn.parse(text), connect_timeout=5)
            stack.callback(source.close)
            return source

        yield connected


@pytest.fixture
def source(connect: Connect, database: Database) -> Postgres:
    """The test's own database, asked as the superuser."""
    return connect(database.dsn)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Server]:
    """A server that asks for a password."""
    with Server(auth="scram-sha-256", password=PASSWORD) as server:
        yield server
