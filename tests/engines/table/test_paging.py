"""Jobs are listed page by page: all of them once, in an order that goes on, from an index where there is one."""

from __future__ import annotations

from itertools import islice

import pytest

from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.engines.table.listing import PAGE
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from tests.deadline import until
from tests.engines.table.desk import listed, operating
from tests.engines.table.shop import Jobs, Shop

MANY = 20_000
INDEXES = {
    "none": (),
    "by due time": ("CREATE INDEX ON jobs (state, run_at)",),
    "by lane": (
        "CREATE INDEX ON jobs (state)",
        "CREATE INDEX ON jobs (state, kind, run_at, created_at) WHERE state NOT IN ('completed')",
    ),
}


@pytest.fixture(params=INDEXES)
def indexed(request: pytest.FixtureRequest, shop: Shop) -> Jobs:
    """A jobs table with one of the indexes that a list may go by."""
    jobs = shop.jobs()
    shop.run(*INDEXES[request.param])
    return jobs


def _fill(shop: Shop, dead: int, run_at: str) -> None:
    shop.run(
        "INSERT INTO jobs (kind, state, run_at, created_at)"
        f" SELECT 'kind ' || i % 3, CASE WHEN i % 5 = 0 THEN 'dead' ELSE 'completed' END, {run_at},"
        f" now() - i * interval '1 second' FROM generate_series(1, {5 * dead}) i",
        "ANALYZE jobs",
    )


def _ids(shop: Shop, where: str = "state = 'dead'") -> set[str]:
    rows = shop.database.connection.execute(f"SELECT id::text FROM jobs WHERE {where}".encode()).fetchall()
    return {identity for (identity,) in rows}


@pytest.mark.parametrize(
    "run_at",
    [
        "now() - i * interval '1 minute'",
        "now() - i % 7 * interval '1 minute'",
        "timestamptz '2026-01-01'",
        "NULL",
        "CASE WHEN i % 2 = 0 THEN now() - i % 4 * interval '1 minute' END",
        "CASE WHEN i % 3 = 0 THEN timestamptz 'infinity' ELSE '-infinity' END",
    ],
    ids=["all differ", "seven times", "one time", "none due", "half due", "endless"],
)
@pytest.mark.parametrize("newest", [False, True], ids=["oldest first", "newest first"])
def test_every_job_is_listed_once(shop: Shop, indexed: Jobs, run_at: str, newest: bool) -> None:
    _fill(shop, 3 * PAGE + 10, run_at)

    found = [job.id for job in listed(shop.database, limit=None, newest=newest)]

    assert sorted(found) == sorted(_ids(shop))


@pytest.mark.parametrize("newest", [False, True], ids=["oldest first", "newest first"])
def test_the_list_goes_on_after_any_job_of_it(shop: Shop, indexed: Jobs, newest: bool) -> None:
    _fill(shop, 60, "CASE WHEN i % 2 = 0 THEN now() - i % 4 * interval '1 minute' END")
    shop.run("UPDATE jobs SET created_at = NULL WHERE run_at IS NULL AND kind = 'kind 1'")
    whole = [job.id for job in listed(shop.database, limit=None, newest=newest)]

    pages = {
        number: [job.id for job in listed(shop.database, limit=7, after=one, newest=newest)]
        for number, one in enumerate(whole)
    }

    assert pages == {number: whole[number + 1 : number + 8] for number in range(len(whole))}


def test_the_first_due_comes_first_where_an_index_has_them_so(shop: Shop) -> None:
    jobs = shop.jobs()
    shop.run(*INDEXES["by due time"])
    later, sooner, never = (jobs.new(state="dead", run_at=due) for due in (-10, -20, None))

    assert [job.id for job in listed(shop.database)] == [sooner, later, never]


def test_a_list_goes_on_after_a_job_that_it_listed_and_that_was_requeued_since(shop: Shop) -> None:
    jobs = shop.jobs()
    shop.run(*INDEXES["by due time"])
    ids = [jobs.new(state="dead", run_at=due) for due in (-30, -20, -10)]

    with operating(shop.database) as operator:
        first = next(iter(operator.list(Wanted(state=State.DEAD_LETTER, limit=1))))
        shop.run(f"UPDATE jobs SET state = 'queued', run_at = now() WHERE id = '{first.id}'")
        rest = list(operator.list(Wanted(state=State.DEAD_LETTER, after=first.id)))

    assert [job.id for job in rest] == ids[1:]


def test_a_list_by_id_goes_on_after_a_job_that_is_gone(shop: Shop) -> None:
    jobs = shop.jobs()
    ids = sorted(jobs.new(state="dead") for _ in range(3))
    shop.run(f"DELETE FROM jobs WHERE id = '{ids[1]}'")

    assert [job.id for job in listed(shop.database, after=ids[1])] == ids[2:]


@pytest.mark.parametrize("after", ["7d6ff331-94ab-4d3b-8f71-1ba6fb2bdd32", "no id at all", "\0"])
def test_a_list_that_cannot_go_on_says_after_which_job(shop: Shop, after: str) -> None:
    jobs = shop.jobs()
    shop.run(*INDEXES["by due time"])
    jobs.new(state="dead", run_at=-10)

    with pytest.raises(Refused) as refused:
        listed(shop.database, after=after)

    assert str(refused.value) == (
        f"the list cannot go on after job {after!r}, which is not dead_letter any more: list them from the start"
    )


def test_jobs_that_change_while_they_are_listed_are_neither_doubled_nor_skipped(shop: Shop) -> None:
    shop.jobs()
    shop.run(*INDEXES["by due time"])
    _fill(shop, 2 * PAGE + 1, "now() - i * interval '1 minute'")
    before = _ids(shop)

    with operating(shop.database) as operator:
        jobs = operator.list(Wanted(state=State.DEAD_LETTER, limit=None))
        found = []
        while batch := [job.id for job in islice(jobs, 100)]:
            found += batch
            shop.run(f"UPDATE jobs SET state = 'queued', run_at = now() WHERE id = ANY ('{{{','.join(batch)}}}')")

    assert (sorted(found), _ids(shop)) == (sorted(before), set())


def test_no_transaction_is_open_between_pages(shop: Shop) -> None:
    shop.jobs()
    _fill(shop, PAGE + 1, "NULL")

    with operating(shop.database) as operator:
        next(operator.list(Wanted(state=State.DEAD_LETTER, limit=None)))
        rows = shop.database.connection.execute(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        ).fetchall()

    assert rows == [("idle",)]


@pytest.mark.parametrize("index", ["by due time", "by lane"])
@pytest.mark.parametrize("kind", [None, "kind 1"])
@pytest.mark.parametrize("after", [0, 1000])
@pytest.mark.parametrize("newest", [False, True], ids=["oldest first", "newest first"])
def test_a_page_reads_only_a_handful_of_rows(
    shop: Shop, index: str, kind: str | None, after: int, newest: bool
) -> None:
    shop.jobs()
    shop.run("ALTER TABLE jobs SET (autovacuum_enabled = off)")
    _fill(shop, MANY // 5, "now() - i * interval '1 minute'")
    shop.run(*INDEXES[index], "VACUUM ANALYZE jobs")
    last = listed(shop.database, kind=kind, limit=after, newest=newest)[-1].id if after else None

    before = _read(shop)
    found = listed(shop.database, kind=kind, limit=50, after=last, newest=newest)

    assert len(found) == 50
    assert _read(shop) - before < 400


def _read(shop: Shop) -> int:
    """How many rows and index entries of the table were read so far, once all who read have told of it."""
    others = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND backend_type = 'client backend'"
    )
    until(lambda: not shop.database.connection.execute(others.encode()).fetchall())
    shop.run("SELECT pg_stat_force_next_flush()")
    row = shop.database.connection.execute(
        "SELECT seq_tup_read + idx_tup_fetch + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes i"
        " WHERE i.relid = t.relid)::int FROM pg_stat_user_tables t WHERE relname = 'jobs'"
    ).fetchone()
    assert row is not None
    return int(row[0])
