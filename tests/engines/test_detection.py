"""Which engine is found behind an address that names none."""

from __future__ import annotations

import time

import pytest

from jobqueue_exporter import engines
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.errors import SourceError, Unreachable
from jobqueue_exporter.secret import Secret
from tests.engines.table.shop import Shop

PROCRASTINATE = "CREATE TABLE procrastinate_jobs (); CREATE TABLE procrastinate_events ()"


def found(database: Database, **settings: str) -> str | None:
    return engines.named(Source(name="a", dsn=Secret(database.dsn), **settings)).engine  # type: ignore[arg-type]  # texts


def test_a_plain_table_of_jobs_is_a_table(database: Database) -> None:
    database.connection.execute("CREATE TABLE jobs (id int, state text)")
    assert found(database) == "table"


def test_a_database_without_anything_is_taken_for_one_whose_table_is_yet_to_be_named(database: Database) -> None:
    assert found(database) == "table"


def test_an_engine_is_known_by_its_tables(database: Database) -> None:
    database.connection.execute(PROCRASTINATE.encode())
    database.connection.execute("CREATE TABLE jobs (id int, state text)")
    assert found(database) == "procrastinate"


def test_tables_in_two_schemas_are_not_one_engine(database: Database) -> None:
    database.connection.execute("CREATE SCHEMA other; CREATE TABLE other.procrastinate_events ()")
    database.connection.execute("CREATE TABLE procrastinate_jobs ()")
    assert found(database) == "table"


def test_only_the_schema_that_is_named_is_looked_at(database: Database) -> None:
    database.connection.execute(PROCRASTINATE.encode())
    assert (found(database, schema="other"), found(database, schema="public")) == ("table", "procrastinate")


def test_who_names_a_table_means_that_table(database: Database) -> None:
    database.connection.execute(PROCRASTINATE.encode())
    assert found(database, table="public.jobs") == "table"


def test_a_reader_learns_its_engine_at_the_first_reading_that_succeeds(database: Database) -> None:
    shop = Shop(database)
    shop.jobs().add(kind="A", state="queued")
    reader = engines.reader(Source(name="a", dsn=Secret(database.dsn)))
    assert (reader.engine, reader.collectors, reader.signals) == ("", (), {})

    parts = list(reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset())))
    reader.close()

    assert [part.error for part in parts] == [""]
    assert reader.engine == "table"


def test_a_database_that_is_not_there_fails_the_reading_and_the_next_one_looks_again() -> None:
    reader = engines.reader(Source(name="a", dsn=Secret("host=127.0.0.1 port=1 user=u password=hunter22 dbname=d")))
    for _ in range(2):
        with pytest.raises(Unreachable) as failure:
            list(reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset())))
        assert "hunter22" not in str(failure.value)
    assert reader.engine == ""


def test_a_reading_that_has_no_time_left_does_not_look() -> None:
    reader = engines.reader(Source(name="a", dsn=Secret("host=127.0.0.1 port=1")))
    with pytest.raises(SourceError):
        list(reader.read(Request(deadline=time.monotonic() - 1, extras=frozenset())))
