"""Flows from a finished-at column, where there is no events table."""

from __future__ import annotations

import pytest

from jobqueue_exporter.model import Flow, Lane, Signal
from tests.engines.table.shop import Jobs, Shop, Told

A = Lane("jobs", "A")
ENDS = {Flow.COMPLETED, Flow.DEAD_LETTER, Flow.DISCARDED, Flow.CANCELLED}


def _counts(told: Told) -> dict[Flow, int]:
    assert {lane for lane, _ in told.counts} <= {A}
    return {flow: count for (_, flow), count in told.counts.items()}


def _fill(jobs: Jobs) -> None:
    for state, finished in (("done", -100), ("done", -9000), ("failed", None), ("dead_letter", -90), ("discarded", -80),
                            ("cancelled", -70), ("queued", None)):  # fmt: skip
        jobs.add(
            kind="A", state=state, created_at=-240, run_at=-200, started_at=-190, finished_at=finished,
            completed_at=finished,
        )  # fmt: skip


def test_an_indexed_finished_at_tells_ends_waits_and_runs(shop: Shop) -> None:
    _fill(shop.jobs(without=["locked_at"], types={"finished_at": "timestamptz", "started_at": "timestamptz"}))
    shop.run("CREATE INDEX ON jobs (finished_at)")

    told = shop.read()

    assert told.flows.tells == ENDS | {Flow.WAIT, Flow.RUN}
    assert _counts(told) == dict.fromkeys(ENDS, 1) | {Flow.WAIT: 4, Flow.RUN: 4}
    assert told.durations(Flow.WAIT) == {4: (4, 40.0)}
    assert (told.signals[Signal.FINISHED], told.signals[Signal.FAILED]) == (True, True)
    assert not told.signals[Signal.ATTEMPTS_FAILED]


def test_an_indexed_created_at_tells_arrivals(shop: Shop) -> None:
    _fill(shop.jobs())
    shop.run("CREATE INDEX ON jobs (created_at)")

    told = shop.read()

    assert told.flows.tells == {Flow.ENQUEUED}
    assert _counts(told) == {Flow.ENQUEUED: 7}


def test_an_index_on_finished_rows_alone_serves_too(shop: Shop) -> None:
    _fill(shop.jobs(types={"finished_at": "timestamptz"}))
    shop.run("CREATE INDEX ON jobs (finished_at) WHERE finished_at IS NOT NULL")

    assert _counts(shop.read()) == dict.fromkeys(ENDS, 1)


@pytest.mark.parametrize(
    "index",
    ["", "CREATE INDEX ON jobs (state, finished_at)", "CREATE INDEX ON jobs (finished_at) WHERE state = 'done'"],
)
def test_without_an_index_that_serves_no_flow_is_told(shop: Shop, index: str) -> None:
    _fill(shop.jobs(types={"finished_at": "timestamptz"}))
    shop.run(*filter(None, [index]))

    told = shop.read()

    assert told.facts.flow_window is None
    assert (told.signals[Signal.FINISHED], told.signals[Signal.FAILED]) == (False, False)


def test_a_completed_at_says_nothing_of_other_ends(shop: Shop) -> None:
    _fill(shop.jobs(types={"completed_at": "timestamptz"}))
    shop.run("CREATE INDEX ON jobs (completed_at)")

    told = shop.read()

    assert told.flows.tells == {Flow.COMPLETED}
    assert _counts(told) == {Flow.COMPLETED: 1}
    assert (told.signals[Signal.FINISHED], told.signals[Signal.FAILED]) == (True, False)


def test_a_lock_that_is_emptied_says_nothing_of_runs(shop: Shop) -> None:
    jobs = shop.jobs(types={"finished_at": "timestamptz"})
    jobs.add(kind="A", state="done", locked_at=None, finished_at=-100)
    shop.run("CREATE INDEX ON jobs (finished_at)")

    assert shop.read().flows.tells == ENDS


@pytest.mark.parametrize("unit", ["1", "1e3", "1e6"])
def test_epochs_are_found_by_their_index(shop: Shop, unit: str) -> None:
    moments = dict.fromkeys(("created_at", "run_at", "started_at", "finished_at"), "bigint")
    _fill(
        shop.jobs(without=["locked_at"], types=moments, moment=f"((extract(epoch FROM now()) + %s) * {unit})::bigint")
    )
    shop.run("CREATE INDEX ON jobs (finished_at)")

    told = shop.read()

    assert _counts(told) == dict.fromkeys(ENDS, 1) | {Flow.WAIT: 4, Flow.RUN: 4}
    assert told.durations(Flow.WAIT) == {4: (4, 40.0)}


def test_moments_out_of_this_world_end_no_reading(shop: Shop) -> None:
    jobs = shop.jobs(without=["locked_at"], types={"finished_at": "timestamptz", "started_at": "timestamptz"})
    shop.run("CREATE INDEX ON jobs (finished_at)", "CREATE INDEX ON jobs (created_at)")
    for column in ("created_at", "run_at", "started_at", "finished_at"):
        for moment in ("infinity", "-infinity", None):
            plain = {"created_at": -200, "run_at": -200, "started_at": -190, "finished_at": -100}
            jobs.add(kind="A", state="done", **{**plain, column: moment})

    told = shop.read()

    assert told.errors == {}
    assert _counts(told)[Flow.COMPLETED] == 9
    assert _counts(told)[Flow.ENQUEUED] == 9
    assert all(0 <= count.seconds < 1000 for count in told.flows.counts)
