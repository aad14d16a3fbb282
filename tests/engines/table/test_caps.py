"""Counting stops at a cap; the age of the oldest does not."""

from __future__ import annotations

import pytest

from jobqueue_exporter.model import Lane, State
from tests.engines.table.shop import Shop

A, B = Lane("jobs", "A"), Lane("jobs", "B")


def _capped(shop: Shop) -> set[State]:
    capped = shop.read(count_cap=10).facts.capped
    assert capped is not None
    return {state for state, stopped in capped.items() if stopped}


@pytest.mark.parametrize(
    ("row", "states"),
    [
        ({"state": "queued", "run_at": -100}, {State.PENDING}),
        ({"state": "queued", "run_at": None}, {State.PENDING}),
        ({"state": "queued", "run_at": 100}, {State.SCHEDULED, State.RETRYING}),
        ({"state": "running"}, {State.RUNNING}),
        ({"state": "dead_letter"}, {State.DEAD_LETTER}),
        ({"state": "done"}, set()),
    ],
)
def test_a_state_says_when_its_count_stopped(shop: Shop, row: dict[str, str | int | None], states: set[State]) -> None:
    jobs = shop.jobs()
    jobs.add(10, kind="A", **row)
    assert _capped(shop) == set()

    jobs.add(kind="A", **row)
    assert _capped(shop) == states


def test_counting_stops_at_the_cap(shop: Shop) -> None:
    shop.jobs().add(500, kind="A", state="queued", run_at=-100)

    assert shop.read(count_cap=10).lanes[A].counts[State.PENDING] == 11


@pytest.mark.parametrize("index", ["(state)", "(state, kind, run_at, created_at)"])
def test_the_cap_is_for_all_lanes_together(shop: Shop, index: str) -> None:
    jobs = shop.jobs()
    jobs.add(6, kind="A", state="queued", run_at=-100)
    jobs.add(6, kind="B", state="queued", run_at=-100)
    shop.run(f"CREATE INDEX ON jobs {index}")

    assert sum(found.counts[State.PENDING] for found in shop.read(count_cap=10).lanes.values()) == 11
    assert _capped(shop) == {State.PENDING}


def test_a_lane_that_is_not_due_does_not_cap_another_state(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(11, kind="A", state="queued", run_at=100)
    jobs.add(3, kind="A", state="queued", run_at=-100)

    assert shop.read(count_cap=10).lanes[A].counts[State.PENDING] == 3


@pytest.mark.parametrize("index", ["(state, run_at)", "(state, kind, run_at, created_at)"])
def test_the_oldest_of_a_capped_state_is_found_by_index(shop: Shop, index: str) -> None:
    jobs = shop.jobs()
    jobs.add(500, kind="A", state="queued", run_at=-100, created_at=-100)
    jobs.add(500, kind="B", state="queued", run_at=-100, created_at=-100)
    jobs.add(kind="A", state="queued", run_at=-5000, created_at=-5000)
    jobs.add(kind="B", state="failed", run_at=-3000, created_at=-9000)
    shop.run(f"CREATE INDEX ON jobs {index}", "CREATE INDEX ON jobs (state, run_at)")

    lanes = shop.read(count_cap=10).lanes

    assert (lanes[A].oldest_pending_seconds, lanes[B].oldest_pending_seconds) == (5000, 3000)
