"""What a session sets is for that session alone, since a pooler gives the connection to others next."""

from __future__ import annotations

import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psycopg
import pytest

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.sources.postgres import APPLICATION_NAME, Postgres
from tests.sources.conftest import Connect, soon

PATIENCE = 20.0
# What a team may have set for its role; nothing that we tell may depend on it.
OF_THE_ROLE = {
    "TimeZone": "Asia/Tokyo",
    "search_path": "theirs",
    "statement_timeout": "2h",
    "lock_timeout": "1h",
    "jit": "on",
    "max_parallel_workers_per_gather": "4",
    "client_encoding": "LATIN1",
    "application_name": "theirs",
}


@pytest.mark.parametrize("query", ["SELECT 1", "SELECT 1 / 0", "SELECT pg_sleep(60)"], ids=["read", "failed", "late"])
def test_every_setting_of_the_connection_is_as_before(database: Database, connect: Connect, query: str) -> None:
    database.connection.execute("CREATE ROLE reader LOGIN")
    for name, value in OF_THE_ROLE.items():
        database.connection.execute(f"ALTER ROLE reader SET {name} = '{value}'".encode())
    source = connect(f"{database.dsn_of('reader')}?schema=ours")
    with suppress(SourceError), source.session(soon(0.3)) as session:
        session.rows(query)
    assert source._connection is not None
    with psycopg.connect(database.dsn_of("reader"), application_name=APPLICATION_NAME) as untouched:
        assert settings(source._connection) == settings(untouched)


def settings(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, str]:
    """All settings of a connection."""
    return {str(name): str(value) for name, value, _ in connection.execute("SHOW ALL").fetchall()}


def test_connecting_asks_for_nothing_that_a_pooler_refuses(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as pooler, ThreadPoolExecutor(1) as thread:
        place = f"127.0.0.1:{pooler.getsockname()[1]}/shop"
        source = connect(f"postgresql://me@{place}?sslmode=disable&schema=ours&options=-cjit%3Don&pgbouncer=true")
        reading = thread.submit(_read, source)
        client, _ = pooler.accept()
        with client:
            asked = _startup(client)
        assert isinstance(reading.exception(PATIENCE), SourceError)
    assert asked == {"user": "me", "database": "shop", "application_name": APPLICATION_NAME}


def _read(source: Postgres) -> None:
    with source.session(soon()) as session:
        session.rows("SELECT 1")


def _startup(client: socket.socket) -> dict[str, str]:
    """The parameters in the first message of a client."""
    client.settimeout(PATIENCE)
    message = client.recv(4096)
    assert len(message) == struct.unpack("!i", message[:4])[0]
    words = [word.decode() for word in message[8:].rstrip(b"\0").split(b"\0")]
    return dict(zip(words[::2], words[1::2], strict=True))
