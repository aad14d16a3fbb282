from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from jobqueue_exporter import dsn
from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """A server that asks for passwords, as that of the other tests does not."""
    with Server(auth="scram-sha-256") as server:
        yield server


@pytest.fixture
def database(strict: Server) -> Iterator[Database]:
    with fresh_database(strict) as database:
        yield database


def who(text: str) -> str:
    conninfo = psycopg.conninfo.make_conninfo("", **dsn.parse(text).conninfo())
    with psycopg.connect(conninfo) as connection:
        return str(connection.execute("SELECT current_user").fetchall()[0][0])


@pytest.mark.parametrize("password", ["p@ss/w:rd?#&=%", "100%", 'it\'s \\ "quoted"', "pä€ 😀"])
def test_postgres_lets_us_in_with_any_password(database: Database, password: str) -> None:
    database.connection.execute(sql.SQL("CREATE ROLE odd LOGIN PASSWORD {}").format(password))
    url = f"{database.dsn_of('odd', 'PASSWORD')}?pgbouncer=true&schema=public&options=-cjit%3Don"
    assert who(url.replace("PASSWORD", quote(password, safe=""))) == "odd"
    assert who(url.replace("PASSWORD", password)) == "odd"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        who(url)
