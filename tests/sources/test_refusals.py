"""Why a database cannot be entered, in words, and never with the password."""

from __future__ import annotations

import logging
import socket
import threading
import traceback
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.errors import SourceError, Unreachable
from tests.sources.conftest import Connect, soon

PASSWORD = "hunter2/%41 @s3cret#"
CODED = quote(PASSWORD, safe="")
WRONG = "hunter3-s3cret"
ROLES = {
    "reader": "LOGIN",
    "stranger": "LOGIN",
    "idle": "NOLOGIN",
    "late": "LOGIN VALID UNTIL '2001-01-01'",
    "poor": "LOGIN CONNECTION LIMIT 0",
}


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """A database of a server that asks for passwords, and that has never heard of one of its roles."""
    known = ",".join(["postgres", *(role for role in ROLES if role != "stranger")])
    with (
        Server(auth="scram-sha-256", password=PASSWORD, tcp_roles=known) as strict,
        fresh_database(strict) as database,
    ):
        for role, rights in ROLES.items():
            database.connection.execute(f"CREATE ROLE {role} {rights} PASSWORD '{PASSWORD}'".encode())
        yield database


@pytest.mark.parametrize(
    ("user", "query", "told"),
    [
        (f"reader:{WRONG}", "", 'password authentication failed for user "reader"'),
        ("reader", "", "no password supplied"),
        (f"late:{CODED}", "", 'password authentication failed for user "late"'),
        (f"idle:{CODED}", "", 'role "idle" is not permitted to log in'),
        (f"poor:{CODED}", "", 'too many connections for role "poor"'),
        (f"stranger:{CODED}", "", 'no pg_hba.conf entry for host "127.0.0.1", user "stranger"'),
        (f"reader:{CODED}", "?dbname=nowhere", 'database "nowhere" does not exist'),
        (f"reader:{CODED}", "?sslmode=require", "server does not support SSL, but SSL was required"),
        (f"reader:{CODED}", "?target_session_attrs=standby", "server is not in hot standby mode"),
        (f"reader:{CODED}", "?require_auth=md5", 'authentication method requirement "md5" failed'),
    ],
)
def test_a_server_that_lets_nobody_in_is_quoted(
    database: Database, connect: Connect, caplog: pytest.LogCaptureFixture, user: str, query: str, told: str
) -> None:
    place = f"127.0.0.1:{database.server.port}/{database.name}"
    check(connect, f"postgresql://{user}@{place}{query}", told, caplog)


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
def test_a_place_where_nobody_is_is_named(
    connect: Connect, caplog: pytest.LogCaptureFixture, place: str, told: str
) -> None:
    check(connect, f"postgresql://reader:{CODED}@{place}", told, caplog)


def test_a_server_that_is_no_postgres_is_given_up(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    def serve() -> None:
        client, _ = other.accept()
        with client:
            client.recv(4096)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as other:
        thread = threading.Thread(target=serve)
        thread.start()
        place = f"127.0.0.1:{other.getsockname()[1]}/shop"
        check(
            connect, f"postgresql://reader:{CODED}@{place}", "received invalid response to SSL negotiation: H", caplog
        )
        thread.join()


def check(connect: Connect, url: str, told: str, caplog: pytest.LogCaptureFixture) -> None:
    """The error says this in a line, and nothing that was said anywhere holds a password."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceError) as raised, connect(url).session(soon()):
        pass
    error = str(raised.value)
    said = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert (type(raised.value), told in error, error.count("\n")) == (Unreachable, True, 0), error
    assert [each for each in (PASSWORD, CODED, WRONG) if each in said] == []
