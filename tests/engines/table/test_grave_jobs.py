"""Rows of a table of dead jobs find their jobs by the primary key of the jobs table, however they write its ids."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import DeadLetterTable
from jobqueue_exporter.engines.operations import Change, Operation
from tests.deadline import until
from tests.engines.table.orders import changed
from tests.engines.table.shop import Shop

GRAVES = """
CREATE TABLE dead_jobs (id bigint PRIMARY KEY, job_id {type}, status text, created_at timestamptz DEFAULT now());
"""
SAME = "('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid"


def _requeued(shop: Shop, *ids: str, dry_run: bool = False) -> list[Change]:
    graves = DeadLetterTable(table="dead_jobs")
    return changed(shop, Operation.REQUEUE, *ids, dry_run=dry_run, table="jobs", dead_letters=graves)


def _statuses(shop: Shop, query: str) -> list[object]:
    return [row[0] for row in shop.database.connection.execute(query.encode()).fetchall()]


def _read(shop: Shop) -> int:
    """How many rows of the jobs table were read one after the other so far, once all who read have told of it."""
    others = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    until(lambda: not shop.database.connection.execute(others.encode()).fetchall())
    shop.run("SELECT pg_stat_force_next_flush()")
    query = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'jobs'"
    row = shop.database.connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def many(shop: Shop) -> Shop:
    """A large table of jobs with uuids, the first ten of which are dead in a table that names them by text."""
    shop.jobs(types={"state": "text DEFAULT 'queued'"})
    shop.run(
        GRAVES.format(type="text"),
        f"INSERT INTO jobs (id, kind, state) SELECT {SAME}, 'A', CASE WHEN i > 10 THEN 'completed'"
        " ELSE 'dead_letter' END FROM generate_series(1, 20000) i",
        f"INSERT INTO dead_jobs SELECT i, {SAME}::text, 'pending' FROM generate_series(1, 10) i",
        "CREATE INDEX ON jobs (state, created_at)",
        "ANALYZE",
    )
    return shop


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_jobs_table_is_never_read_through(many: Shop, *, dry_run: bool) -> None:
    before = _read(many)

    told = _requeued(many, *map(str, range(1, 11)), dry_run=dry_run)

    assert all(change.done and change.text.startswith("its job in public.jobs") for change in told)
    assert len(told) == 10
    assert _read(many) - before < 20_000


def test_an_id_in_other_letters_names_the_same_job_and_nonsense_none(many: Shop) -> None:
    many.run(
        "UPDATE jobs SET id = 'abcdefab-0000-0000-0000-000000000001' WHERE id::text LIKE '%000000001'",
        "UPDATE dead_jobs SET job_id = 'ABCDEFAB-0000-0000-0000-000000000001' WHERE id = 1",
        "UPDATE dead_jobs SET job_id = 'nonsense' WHERE id = 2",
        "UPDATE dead_jobs SET job_id = NULL WHERE id = 3",
    )

    first, *others = _requeued(many, "1", "2", "3")

    assert first.moved_to == "abcdefab-0000-0000-0000-000000000001"
    assert [other.text.partition(":")[0] for other in others] == ["it was pending, and is retry_scheduled now"] * 2
    assert _statuses(many, "SELECT state FROM jobs WHERE id::text LIKE 'abcd%'") == ["queued"]


def test_numbers_that_are_written_as_texts_or_as_other_numbers_are_the_same(shop: Shop) -> None:
    shop.jobs(types={"id": "bigint PRIMARY KEY", "state": "text DEFAULT 'queued'"})
    shop.run(
        GRAVES.format(type="int"),
        "INSERT INTO jobs (id, kind, state) VALUES (7, 'A', 'dead_letter')",
        "INSERT INTO dead_jobs VALUES (1, 7, 'pending'), (2, 8, 'pending')",
    )

    mine, gone = _requeued(shop, "1", "2")

    assert (mine.moved_to, gone.moved_to) == ("7", "")
    assert _statuses(shop, "SELECT state FROM jobs") == ["queued"]


def test_a_row_that_is_named_twice_is_changed_once(many: Shop) -> None:
    first, twin = _requeued(many, "01", "1")

    assert first.done
    assert twin == Change("1", False, "the same job as 01: named twice")
