"""Whatever way a connection string is written, it leads to the database."""

from __future__ import annotations

from urllib.parse import quote

import psycopg
import pytest

from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.errors import Unreachable
from tests.sources.conftest import PASSWORD, Connect, soon

ODD = "p@ss:w/o?r#d%zz"


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
    text = dsn.format(coded=quote(PASSWORD, safe=""), raw=PASSWORD, port=guarded.port, home=guarded.home)

    with connect(text).session(soon()) as session:
        assert session.rows("SELECT current_user") == [("postgres",)]


@pytest.mark.parametrize("written", [quote(ODD, safe=""), ODD])
def test_a_password_may_hold_any_sign_and_need_not_be_encoded(guarded: Server, connect: Connect, written: str) -> None:
    with psycopg.connect(guarded.local_dsn(), autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS odd")
        admin.execute(psycopg.sql.SQL("CREATE ROLE odd LOGIN PASSWORD {}").format(ODD))

    with connect(f"postgresql://odd:{written}@127.0.0.1:{guarded.port}/postgres").session(soon()) as session:
        assert session.rows("SELECT current_user") == [("odd",)]


def test_a_password_that_is_also_the_user_does_not_spoil_the_message(guarded: Server, connect: Connect) -> None:
    source = connect(f"postgresql://postgres:postgres@127.0.0.1:{guarded.port}/postgres")

    with (
        pytest.raises(Unreachable, match='password authentication failed for user "postgres"'),
        source.session(soon()),
    ):
        pass
