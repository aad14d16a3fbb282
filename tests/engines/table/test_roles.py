"""The role that `jobqueue sql role` prints sees all that we read, and nothing else."""

from __future__ import annotations

import time

import psycopg
import pytest
from psycopg import errors as pg

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.engines.sql import grants
from jobqueue_exporter.engines.sql.grants import ROLE
from jobqueue_exporter.engines.table import roles
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.secret import Secret
from jobqueue_exporter.sources.postgres import Postgres


def _printed(database: Database, user: str = "postgres") -> tuple[str, ...]:
    source = Source(name="a", dsn=Secret(database.dsn_of(user)))
    connection = Postgres(dsn.parse(source.dsn), connect_timeout=5)
    try:
        with connection.session(time.monotonic() + 5) as session:
            return grants.in_session(session, roles.tables(session, source))
    finally:
        connection.close()


@pytest.fixture
def secured(database: Database) -> Database:
    """System A's tables under row-level security, with a job in them."""
    schema.create_tables(database.connection)
    database.connection.execute(
        "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;"
        "ALTER TABLE job_events ENABLE ROW LEVEL SECURITY;"
        "INSERT INTO jobs (workspace_id, kind) VALUES (gen_random_uuid(), 'A')"
    )
    return database


def test_the_printed_role_reads_every_row_under_row_level_security(secured: Database) -> None:
    for statement in _printed(secured):
        secured.connection.execute(statement.encode())

    reader = TableReader(Source(name="a", dsn=Secret(secured.dsn_of(ROLE))))
    request = Request(deadline=time.monotonic() + 5, extras=frozenset({"flows", "dead_letters"}), thresholds=(1.0,))
    parts = list(reader.read(request))
    reader.close()

    assert [(part.collector, part.error) for part in parts] == [
        ("jobs", ""),
        ("workers", ""),
        ("dead_letters", ""),
        ("flows", ""),
    ]
    lanes = parts[0].facts.lanes if parts[0].facts else None
    assert lanes is not None
    assert [sum(lane.counts.values()) for lane in lanes.values()] == [1]


@pytest.mark.parametrize("query", ["SELECT payload FROM jobs", "UPDATE jobs SET kind = 'x'", "DELETE FROM job_events"])
def test_the_printed_role_may_do_no_more(secured: Database, query: str) -> None:
    for statement in _printed(secured):
        secured.connection.execute(statement.encode())

    with (
        psycopg.connect(secured.dsn_of(ROLE)) as connection,
        pytest.raises((pg.InsufficientPrivilege, pg.ReadOnlySqlTransaction)),
    ):
        connection.execute(query.encode())


def test_a_role_that_may_read_nothing_is_told_what_it_needs(secured: Database) -> None:
    secured.connection.execute("CREATE ROLE nobody_yet LOGIN")

    assert _printed(secured, "nobody_yet") == _printed(secured)
