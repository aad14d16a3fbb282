"""Why a database cannot be entered, in words, and never with the password."""

from __future__ import annotations

import logging
import socket
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import quote

import psycopg
import pytest

from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.errors import Refused, SourceError, TimedOut, Unreachable
from tests.sources.asking import ask, source_of

PASSWORD = "hunter2/%41 @s3cret#"
WRONG = "hunter3-s3cret"


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """A server that asks for passwords, and lets two roles come by TCP."""
    with Server(auth="scram-sha-256", password=PASSWORD, tcp_roles="postgres,reader,poor,late,idle") as server:
        yield server


@pytest.fixture
def database(strict: Server) -> Iterator[Database]:
    """An empty database, with a role of each fate."""
    with fresh_database(strict) as database:
        for role, rights in {
            "reader": "LOGIN",
            "stranger": "LOGIN",
            "idle": "NOLOGIN",
            "late": "LOGIN VALID UNTIL '2001-01-01'",
            "poor": "LOGIN CONNECTION LIMIT 0",
        }.items():
            database.connection.execute(f"CREATE ROLE {role} {rights} PASSWORD '{PASSWORD}'".encode())
        yield database


def secrets(text: str) -> list[str]:
    """Which passwords are in a text, as they are or encoded."""
    return [word for password in (PASSWORD, WRONG) for word in (password, quote(password, safe="")) if word in text]


@pytest.mark.parametrize(
    ("role", "place", "told"),
    [
        (f"reader:{WRONG}", "", 'password authentication failed for user "reader"'),
        ("reader", "", "no password supplied"),
        (f"late:{PASSWORD}", "", 'password authentication failed for user "late"'),
        (f"idle:{PASSWORD}", "", 'role "idle" is not permitted to log in'),
        (f"poor:{PASSWORD}", "", 'too many connections for role "poor"'),
        (f"stranger:{PASSWORD}", "", 'no pg_hba.conf entry for host "127.0.0.1", user "stranger"'),
        (f"reader:{PASSWORD}", "nowhere", 'database "nowhere" does not exist'),
        (f"reader:{PASSWORD}", "?sslmode=require", "server does not support SSL, but SSL was required"),
        (f"reader:{PASSWORD}", "?sslmode=verify-full&sslrootcert=/nowhere.crt", 'root certificate file "/nowhere.crt"'),
        (f"reader:{PASSWORD}", "?target_session_attrs=standby", "not in hot standby mode"),
        (f"reader:{PASSWORD}", "?require_auth=md5", "requirement"),
    ],
)
def test_a_server_that_lets_nobody_in_is_quoted(
    database: Database, role: str, place: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    name, query = (place, "") if place.isalpha() else (database.name, place)
    refused(f"postgresql://{role}@127.0.0.1:{database.server.port}/{name}{query}", told, caplog)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("127.0.0.1:1/shop", 'connection to server at "127.0.0.1", port 1 failed: Connection refused'),
        ("127.0.0.1:1,127.0.0.1:2/shop", 'connection to server at "127.0.0.1", port 2 failed: Connection refused'),
        ("nowhere.invalid/shop", "failed to resolve host 'nowhere.invalid'"),
        ("/shop?host=/nowhere", 'connection to server on socket "/nowhere/.s.PGSQL.5432" failed: No such file'),
        ("127.0.0.1:1/shop?service=nothing", 'definition of service "nothing" not found'),
    ],
)
def test_a_place_where_nobody_listens_is_named(place: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    refused(f"postgresql://reader:{PASSWORD}@{place}", told, caplog)


def refused(url: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    """The error says this, and nothing that was said anywhere holds the password."""
    caplog.set_level(logging.DEBUG)
    with source_of(url) as source, pytest.raises(SourceError) as raised:
        ask(source, "SELECT 1")
    assert type(raised.value) is Unreachable
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
    assert secrets("".join(traceback.format_exception(raised.value)) + caplog.text + repr(source)) == []


@pytest.mark.parametrize(
    ("words", "told"), [(b"", "timeout expired"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "invalid response")]
)
def test_what_is_no_postgres_is_given_up(words: bytes, told: str, caplog: pytest.LogCaptureFixture) -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        url = f"postgresql://reader:{PASSWORD}@127.0.0.1:{listener.getsockname()[1]}/shop"
        source = stack.enter_context(source_of(url, connect_timeout=1))
        ...
