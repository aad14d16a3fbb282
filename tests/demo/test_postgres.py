from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.errors import JobQueueError
from tests.deadline import until

OWNER = """
from jobqueue_exporter.demo.postgres import Server
with Server() as server:
    print(server.home, server.port, flush=True)
    input()
"""


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_a_server_leaves_no_process_and_no_files_behind() -> None:
    with Server() as server:
        home, port = server.home, server.port
        assert home.exists()
        assert listens(port)
    assert not home.exists()
    assert not listens(port)


def test_an_exception_ends_the_server_too() -> None:
    seen = []

    def fail(server: Server) -> None:
        seen.append((server.home, server.port))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), Server() as server:
        fail(server)
    ((home, port),) = seen
    assert not home.exists()
    assert not listens(port)


def test_a_killed_owner_leaves_nothing_behind() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", OWNER],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        home, port = owner.stdout.readline().split()
        owner.kill()
    until(lambda: not Path(home).exists())
    until(lambda: not listens(int(port)))


def test_a_restart_keeps_port_and_data(postgres: Server) -> None:
    port = postgres.port
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    postgres.restart()
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        assert connection.execute("SELECT one FROM kept").fetchall() == [(1,)]
        connection.execute("DROP TABLE kept")
    assert postgres.port == port


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_stopped_server_refuses_connections_until_it_is_started(postgres: Server, mode: str) -> None:
    with psycopg.connect(postgres.dsn()):
        postgres.stop("immediate" if mode == "immediate" else "fast")
        with pytest.raises(psycopg.OperationalError, match="refused"):
            psycopg.connect(postgres.dsn())
        postgres.start()
    psycopg.connect(postgres.dsn()).close()


def test_a_wrong_password_is_refused_and_the_right_one_taken() -> None:
    with Server(auth="scram-sha-256", password="p@ss:w/%23#") as server:
        psycopg.connect(server.dsn()).close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.dsn(password="wrong"))
        psycopg.connect(server.local_dsn()).close()


def test_by_tcp_come_only_the_roles_that_may() -> None:
    with Server(tcp_roles="guest") as server:
        with psycopg.connect(server.local_dsn(), autocommit=True) as connection:
            connection.execute("CREATE ROLE guest LOGIN")
        psycopg.connect(server.dsn(user="guest")).close()
        with pytest.raises(psycopg.OperationalError, match="no pg_hba"):
            psycopg.connect(server.dsn())


def test_the_directory_of_the_unix_socket_is_closed_to_other_users(postgres: Server) -> None:
    assert postgres.home.stat().st_mode & 0o777 == 0o700


def test_a_server_that_does_not_start_says_why_and_leaves_nothing() -> None:
    server = Server(settings={"shared_buffers": "plenty"})
    with pytest.raises(JobQueueError, match='invalid value for parameter "shared_buffers": "plenty"'):
        server.__enter__()
    with pytest.raises(RuntimeError):
        _ = server.home


def test_a_port_that_somebody_took_meanwhile_is_named_in_the_error(postgres: Server) -> None:
    postgres.stop()
    with (
        socket.create_server(("127.0.0.1", postgres.port)),
        pytest.raises(JobQueueError, match="Address already in use"),
    ):
        postgres.start()
    postgres.start()
    psycopg.connect(postgres.dsn()).close()


def test_the_environment_of_postgres_holds_none_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch, database: object
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@db/app")
    with (
        Server() as server,
        psycopg.connect(server.local_dsn(), autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE env (line text)")
        connection.execute("COPY env FROM PROGRAM 'env'")
        names = connection.execute("SELECT split_part(line, '=', 1) FROM env").fetchall()
    assert ("PATH",) in names
    assert ("DATABASE_URL",) not in names
