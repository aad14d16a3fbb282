"""Getting to a server, by whatever way, and what is said when it cannot be done."""

from __future__ import annotations

import socket
from urllib.parse import quote

import psycopg
import pytest

from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.errors import SourceError, Unreachable
from jobqueue_exporter.sources.postgres import Postgres
from tests.sources.conftest import PASSWORD, Connect, soon

CODED = quote(PASSWORD, safe="")
ODD = "p@ss:w/o?r#d%zz %25"


def _works(source: Postgres) -> bool:
    with source.session(soon()) as session:
        return session.rows("SELECT 1") == [(1,)]


def _error(source: Postgres) -> str:
    with pytest.raises(SourceError) as caught, source.session(soon()):
        pass
    assert isinstance(caught.value, Unreachable)
    return str(caught.value)


@pytest.fixture
def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://postgres:{coded}@127.0.0.1:{port}/postgres",
        "postgres://postgres:{coded}@localhost:{port}/postgres?pgbouncer=true&connection_limit=1&pool_timeout=0",
        "postgresql+psycopg://postgres:{coded}@127.0.0.1:{port}/postgres?schema=public&sslmode=prefer",
        "host=127.0.0.1 port={port} dbname=postgres user=postgres password='{raw}'",
        "postgresql://postgres@/postgres?host={home}&port={port}",
        "host={home} port={port} dbname=postgres user=postgres",
        "postgresql://postgres:{coded}@127.0.0.1:1,127.0.0.1:{port}/postgres",
    ],
)
def test_every_way_to_write_it_leads_there(guarded: Server, connect: Connect, dsn: str) -> None:
    text = dsn.format(coded=CODED, raw=PASSWORD, port=guarded.port, home=guarded.home)

    assert _works(connect(text))


@pytest.mark.parametrize("written", [quote(ODD, safe=""), ODD])
def test_a_password_may_hold_any_sign_and_need_not_be_encoded(guarded: Server, connect: Connect, written: str) -> None:
    with psycopg.connect(guarded.local_dsn(), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS odd")
        admin.execute(psycopg.sql.SQL("CREATE ROLE odd LOGIN PASSWORD {}").format(ODD))

    # What cannot be an encoding is what somebody typed; "%25" could be one, and is.
    typed = written.replace("%25", "%2525") if written == ODD else written
    assert _works(connect(f"postgresql://odd:{typed}@127.0.0.1:{guarded.port}/postgres"))


def test_a_wrong_password_is_named_and_not_told(guarded: Server, connect: Connect) -> None:
    error = _error(connect(f"postgresql://postgres:wr0ng-guess@127.0.0.1:{guarded.port}/postgres"))

    assert error.startswith(f"postgresql://postgres@127.0.0.1:{guarded.port}/postgres: ")
    assert 'password authentication failed for user "postgres"' in error
    assert "wr0ng-guess" not in error


def test_a_missing_password_is_named(guarded: Server, connect: Connect) -> None:
    assert "no password supplied" in _error(connect(guarded.dsn(password="x").replace(":x@", "@")))


def test_an_unknown_database_is_named(guarded: Server, connect: Connect) -> None:
    error = _error(connect(guarded.dsn(dbname="nowhere")))

    assert 'database "nowhere" does not exist' in error
    assert PASSWORD not in error
    assert CODED not in error


def test_an_unknown_host_is_named(connect: Connect) -> None:
    error = _error(connect(f"postgresql://u:{CODED}@no-such-host.invalid/d"))

    assert "failed to resolve host 'no-such-host.invalid'" in error
    assert PASSWORD not in error


def test_a_port_on_which_nobody_listens_is_named(connect: Connect, unused_port: int) -> None:
    error = _error(connect(f"postgresql://u:{CODED}@127.0.0.1:{unused_port}/d"))

    assert f'connection to server at "127.0.0.1", port {unused_port} failed: Connection refused' in error
    assert PASSWORD not in error


def test_a_socket_that_is_not_there_is_named(connect: Connect) -> None:
    assert "/nowhere/.s.PGSQL.5432" in _error(connect("postgresql://u@/d?host=/nowhere"))


def test_a_password_that_is_also_the_user_does_not_spoil_the_message(guarded: Server, connect: Connect) -> None:
    error = _error(connect(f"postgresql://postgres:postgres@127.0.0.1:{guarded.port}/postgres"))

    assert 'password authentication failed for user "postgres"' in error


def test_a_server_that_was_restarted_is_reached_without_an_error(guarded: Server, connect: Connect) -> None:
    source = connect(guarded.dsn())
    assert _works(source)

    guarded.restart()

    assert _works(source)


def test_a_server_that_is_down_is_unreachable_until_it_is_back(guarded: Server, connect: Connect) -> None:
    source = connect(guarded.dsn())
    assert _works(source)
    guarded.stop()
    try:
        errors = [_error(source) for _ in range(3)]
    finally:
        guarded.start()

    assert all("Connection refused" in error for error in errors)
    assert _works(source)
