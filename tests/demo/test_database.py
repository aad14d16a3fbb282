from __future__ import annotations

import psycopg
import pytest

from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server


def test_a_fresh_database_is_empty_and_its_dsn_leads_to_it(database: Database) -> None:
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (database.name,)
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert tables == (0,)


def test_a_database_goes_with_its_roles_and_whoever_is_connected(postgres: Server) -> None:
    with fresh_database(postgres) as database:
        database.connection.execute("CREATE TABLE t (); CREATE ROLE reader LOGIN; GRANT SELECT ON t TO reader")
        left_open = psycopg.connect(database.dsn_of("reader"), autocommit=True)
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        left = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = 'reader'"
            " UNION ALL SELECT datname FROM pg_database WHERE datname = %s",
            (database.name,),
        ).fetchall()
    assert left == []


def test_a_database_is_dropped_though_its_test_stopped_the_server(postgres: Server) -> None:
    with fresh_database(postgres) as database:
        postgres.stop()
    with psycopg.connect(postgres.dsn(), autocommit=True) as connection:
        left = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database.name,)).fetchall()
    assert left == []
