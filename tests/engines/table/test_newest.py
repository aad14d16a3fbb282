"""The newest jobs come first where that is asked for, along the same indexes, backward."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from jobqueue_exporter.config.types import DeadLetterTable
from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.engines.table import reversal
from jobqueue_exporter.model import RecoveryState, State
from tests.engines.table.desk import listed, operating
from tests.engines.table.shop import Shop

BY_DUE_TIME = "CREATE INDEX ON jobs (state, run_at)"
BY_LANE = (
    "CREATE INDEX ON jobs (state)",
    "CREATE INDEX ON jobs (state, kind, run_at, created_at) WHERE state NOT IN ('completed')",
)
DIRECTIONS = pytest.mark.parametrize("newest", [False, True], ids=["oldest first", "newest first"])
# Over these, ids as text would be in another order than ids as numbers.
NUMBERS = [*range(1, 13), *range(95, 106), *range(995, 1006)]


def _paged(shop: Shop, size: int, *, newest: bool, **asked: object) -> list[str]:
    """All dead jobs, a page at a time, each by an operator of its own."""
    found: list[str] = []
    while page := [
        job.id for job in listed(shop.database, limit=size, after=found[-1] if found else None, newest=newest, **asked)
    ]:
        found += page
    return found


def _directed(ids: Sequence[int], *, newest: bool) -> list[str]:
    return [str(one) for one in sorted(ids, reverse=newest)]


@DIRECTIONS
@pytest.mark.parametrize("indexes", [(), (BY_DUE_TIME,), BY_LANE], ids=["none", "by due time", "by lane"])
@pytest.mark.parametrize("run_at", ["timestamptz '2026-01-01'", "NULL"], ids=["one time", "none due"])
def test_ids_that_are_numbers_are_in_the_order_of_numbers(
    shop: Shop, indexes: tuple[str, ...], run_at: str, newest: bool
) -> None:
    shop.jobs(types={"id": "bigint PRIMARY KEY"})
    shop.run(*indexes)
    for one in NUMBERS:
        shop.run(
            "INSERT INTO jobs (id, kind, state, run_at, created_at)"
            f" VALUES ({one}, 'A', 'dead', {run_at}, '2026-01-01')"
        )

    assert _paged(shop, 4, newest=newest) == _directed(NUMBERS, newest=newest)
    assert [job.id for job in listed(shop.database, limit=None, newest=newest)] == _directed(NUMBERS, newest=newest)


@pytest.mark.parametrize("indexes", [(BY_DUE_TIME,), BY_LANE], ids=["by due time", "by lane"])
def test_the_newest_of_all_kinds_and_words_come_first(shop: Shop, indexes: tuple[str, ...]) -> None:
    jobs = shop.jobs()
    shop.run(*indexes)
    ids = [
        jobs.new(kind, state=state, run_at=-age)
        for age, kind, state in (
            (10, "B", "dead"),
            (20, "A", "dead_letter"),
            (30, "C", "dead"),
            (40, "B", "dead_letter"),
        )
    ]

    assert _paged(shop, 1, newest=True) == ids
    assert _paged(shop, 3, newest=True) == ids


def test_jobs_without_a_due_time_are_among_the_others_by_when_they_were_made(shop: Shop) -> None:
    jobs = shop.jobs()
    shop.run(*BY_LANE)
    ids = [
        jobs.new("A", state="dead", run_at=-10),
        jobs.new("B", state="dead", run_at=None, created_at=-20),
        jobs.new("B", state="dead", run_at=-30),
        jobs.new("A", state="dead", run_at=None, created_at=-40),
    ]

    assert _paged(shop, 1, newest=True) == ids


def test_jobs_that_nothing_dates_come_after_all_that_are_dated(shop: Shop) -> None:
    jobs = shop.jobs()
    shop.run(BY_DUE_TIME)
    undated = jobs.new(state="dead", run_at=None)
    ids = [jobs.new(state="dead", run_at=-age) for age in (10, 20)]

    assert [job.id for job in listed(shop.database, newest=True)] == [*ids, undated]


def test_of_too_many_kinds_to_merge_all_jobs_are_listed_kind_by_kind(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reversal, "MOST_MERGED", 3)
    jobs = shop.jobs()
    shop.run(*BY_LANE)
    ids = {kind: [jobs.new(kind, state="dead", run_at=-age) for age in (10, 20)] for kind in "ABC"}

    assert _paged(shop, 4, newest=True) == [*ids["C"], *ids["B"], *ids["A"]]


def test_a_list_goes_on_after_a_job_that_was_requeued_since(shop: Shop) -> None:
    jobs = shop.jobs()
    shop.run(*BY_LANE)
    ids = [jobs.new(kind, state="dead", run_at=-age) for age, kind in ((10, "A"), (20, "B"), (30, "C"))]

    with operating(shop.database) as operator:
        first = next(iter(operator.list(Wanted(state=State.DEAD_LETTER, limit=1, newest=True))))
        shop.run(f"UPDATE jobs SET state = 'queued', run_at = now() WHERE id = '{first.id}'")
        rest = list(operator.list(Wanted(state=State.DEAD_LETTER, after=first.id, newest=True)))

    assert [first.id, *(job.id for job in rest)] == ids


@pytest.mark.parametrize("status", [{"state": State.DEAD_LETTER}, {"recovery": RecoveryState.PENDING}])
def test_the_newest_rows_of_a_table_of_dead_jobs_come_first(shop: Shop, status: dict[str, object]) -> None:
    shop.jobs()
    shop.run(
        "CREATE TABLE dead_letter_queue (id bigint PRIMARY KEY, original_event_name text, status text,"
        " created_at timestamptz)",
        "CREATE INDEX ON dead_letter_queue (status, created_at)",
        "INSERT INTO dead_letter_queue SELECT i, 'A', 'pending', timestamptz '2026-01-01' + i / 3 * interval '1 minute'"
        " FROM generate_series(1, 20) i",
    )

    wanted = Wanted(**({"state": State.DEAD_LETTER, "newest": True} | status))  # type: ignore[arg-type]  # of any field
    with operating(shop.database, dead_letters=DeadLetterTable(table="dead_letter_queue")) as operator:
        assert [job.id for job in operator.list(wanted)] == _directed(range(1, 21), newest=True)
