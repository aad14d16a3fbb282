"""What a session sets is for that session alone, since a pooler gives the connection to others next."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.rows import dict_row

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.sources.postgres import Postgres
from tests.sources.asking import PATIENCE, ask, source_of

SETTINGS = "SELECT name, setting FROM pg_settings"
# Each is what a team may have set for its role, and nothing that our numbers should depend on.
OF_THE_ROLE = {
    "TimeZone": "Asia/Tokyo",
    "search_path": "theirs, public",
    "statement_timeout": "2h",
    "lock_timeout": "1h",
    "jit": "on",
    "max_parallel_workers_per_gather": "4",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "off",
    "client_encoding": "LATIN1",
    "application_name": "theirs",
}


@pytest.fixture
def source(database: Database) -> Iterator[Postgres]:
    """A source whose role has settings of its own."""
    database.connection.execute("CREATE ROLE reader LOGIN; CREATE SCHEMA ours; CREATE TABLE ours.jobs (id int)")
    for name, value in OF_THE_ROLE.items():
        database.connection.execute(f"ALTER ROLE reader SET {name} = {value}".encode())
    database.connection.execute("GRANT USAGE ON SCHEMA ours TO reader; GRANT SELECT ON ours.jobs TO reader")
    with source_of(f"{database.dsn_of('reader')}?schema=ours") as source:
        yield source


def of_connection(connection: psycopg.Connection[object]) -> dict[str, str]:
    """All settings of a connection."""
    return {str(row["name"]): str(row["setting"]) for row in connection.cursor(row_factory=dict_row).execute(SETTINGS)}


def test_a_session_has_its_own_settings(source: Postgres) -> None:
    names = ", ".join(f"current_setting('{name}')" for name in OF_THE_ROLE)
    with source.session(time.monotonic() + PATIENCE) as session:
        told = dict(zip(OF_THE_ROLE, session.rows(f"SELECT {names}")[0], strict=True))
        isolation = session.rows("SHOW transaction_isolation"), session.rows("SHOW transaction_read_only")
    limit = told.pop("statement_timeout")
    assert limit.endswith("ms")
    assert isolation == ([("repeatable read",)], [("on",)])
    assert told == {
        "TimeZone": "UTC",
        "search_path": "ours",
        "lock_timeout": "500ms",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "default_transaction_isolation": "serializable",
        "default_transaction_read_only": "off",
        "client_encoding": "UTF8",
        "application_name": "jobqueue_exporter",
    }


@pytest.mark.parametrize("query", ["SELECT 1", "SELECT 1 / 0", "SELECT pg_sleep(60)"], ids=["read", "failed", "late"])
def test_all_settings_are_as_before_when_it_has_ended(database: Database, source: Postgres, query: str) -> None:
    try:
        ask(source, query, seconds=0.3)
    except SourceError as error:
        assert query != "SELECT 1", error
    connection = source._connection
    assert connection is not None
    arguments = {"application_name": "jobqueue_exporter"}
    with psycopg.connect(database.dsn_of("reader"), autocommit=True, **arguments) as untouched:
        assert of_connection(connection) == of_connection(untouched)


def test_the_schemas_of_the_connection_string_are_searched_in_order(database: Database) -> None:
    database.connection.execute(
        'CREATE SCHEMA "My Jobs"; CREATE TABLE "My Jobs".jobs AS SELECT 1; CREATE TABLE public.jobs AS SELECT 2'
    )
    for names, first in (("My Jobs,public", 1), ("public,My Jobs", 2), ("nowhere,public", 2)):
        with source_of(f"{database.dsn}?schema={names}") as source:
            assert ask(source, "SELECT * FROM jobs") == [(first,)]


def test_connecting_asks_for_nothing_that_a_pooler_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as pooler, ThreadPoolExecutor(1) as thread:
        url = f"postgresql://me@127.0.0.1:{pooler.getsockname()[1]}/shop?sslmode=disable&schema=ours&options=-cjit%3Don"
        with source_of(url) as source:
            reading = thread.submit(ask, source, "SELECT 1")
            client, _ = pooler.accept()
            with client:
                asked = startup(client)
            assert isinstance(reading.exception(PATIENCE), SourceError)
    assert asked == {"user": "me", "database": "shop", "application_name": "jobqueue_exporter"}


def startup(client: socket.socket) -> dict[str, str]:
    """The parameters of the first message of a client."""
    client.settimeout(PATIENCE)
    message = client.recv(4096)
    assert len(message) == struct.unpack("!i", message[:4])[0]
    words = [word.decode() for word in message[8:].rstrip(b"\0").split(b"\0")]
    return dict(zip(words[::2], words[1::2], strict=True))
