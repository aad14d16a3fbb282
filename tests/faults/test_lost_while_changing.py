"""A connection that breaks while jobs are changed: what is said of them is never more than what is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.engines.table.changes import DOUBT, Changes
from jobqueue_exporter.errors import Refused, Unreachable
from jobqueue_exporter.secret import Secret
from tests.deadline import until
from tests.faults.cut import line

REQUEUE = Order(operation=Operation.REQUEUE, who="ann")
UNKNOWN = "00000000-0000-4000-8000-000000000000"
ADD = "INSERT INTO jobs (workspace_id, kind, state) SELECT gen_random_uuid(), 'A', 'dead_letter' FROM "


@pytest.fixture
def shop(postgres: Server) -> Iterator[Database]:
    """A database with three dead jobs."""
    with fresh_database(postgres) as database:
        schema.create_tables(database.connection)
        database.connection.execute(f"{ADD} generate_series(1, 3)".encode())
        yield database


def ids_of(shop: Database) -> list[str]:
    """The jobs' ids."""
    return [job for (job,) in shop.connection.execute("SELECT id::text FROM jobs ORDER BY 1").fetchall()]


def states_of(shop: Database) -> set[str]:
    """The states that they are in."""
    return {state for (state,) in shop.connection.execute("SELECT state FROM jobs").fetchall()}


def gone(shop: Database) -> bool:
    """Whether the server has seen that we are no longer there, and let our rows go."""
    query = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'jobqueue_exporter'"
    return not shop.connection.execute(query).fetchall()


def source_of(shop: Database, port: int) -> Source:
    """The source, written to through another port."""
    through = shop.dsn.replace(f":{shop.server.port}/", f":{port}/")
    assert through != shop.dsn
    return Source(name="shop", dsn=Secret(shop.dsn), write_dsn=Secret(through))


@pytest.mark.parametrize(("reaches", "then"), [(False, "dead_letter"), (True, "queued")])
def test_when_it_breaks_at_the_commit_each_job_may_be_changed_or_not(
    shop: Database, *, reaches: bool, then: str
) -> None:
    ids = ids_of(shop)
    with (
        line(shop.server.port, b"COMMIT\0", reaches=reaches) as cut,
        closing(Changes(source_of(shop, cut.port))) as desk,
    ):
        told = list(desk.change(REQUEUE, [*ids, UNKNOWN]))
        assert cut.cut.is_set()
        until(lambda: gone(shop))
        assert states_of(shop) == {then}
        again = list(desk.change(REQUEUE, ids))
    assert told == [*(Change(job, None, DOUBT) for job in ids), Change(UNKNOWN, False, "there is no such job")]
    assert [change.done for change in again] == [not reaches] * 3
    assert shop.connection.execute("SELECT count(*) FROM job_events").fetchall() == [(3,)]


@pytest.mark.parametrize("word", [b"BEGIN ", b"pg_attribute", b"SKIP LOCKED", b"INSERT INTO"])
@pytest.mark.parametrize("reaches", [False, True])
def test_when_it_breaks_before_that_nothing_happened(shop: Database, word: bytes, *, reaches: bool) -> None:
    ids = ids_of(shop)
    with line(shop.server.port, word, reaches=reaches) as cut, closing(Changes(source_of(shop, cut.port))) as desk:
        with pytest.raises(Unreachable):
            list(desk.change(REQUEUE, ids))
        assert cut.cut.is_set()
        until(lambda: gone(shop))
        assert states_of(shop) == {"dead_letter"}
        assert [change.done for change in desk.change(REQUEUE, ids)] == [True] * 3


def test_a_commit_that_is_refused_changes_nothing(shop: Database) -> None:
    shop.connection.execute(
        "CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not today'; END $$;"
        "CREATE CONSTRAINT TRIGGER forbid AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION forbid()"
    )
    desk = Changes(Source(name="shop", dsn=Secret(shop.dsn)))
    with closing(desk), pytest.raises(Refused, match="not today"):
        list(desk.change(REQUEUE, ids_of(shop)))
    assert states_of(shop) == {"dead_letter"}
