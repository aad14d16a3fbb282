"""System A's table and its variants, counted by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from jobqueue_exporter.model import Lane, LaneJobs, State
from tests.engines.table.shop import Jobs, Shop

RENDER, PUBLISH = Lane("jobs", "RENDER"), Lane("jobs", "PUBLISH")


def _fill(jobs: Jobs) -> None:
    """Ten live jobs in two lanes, and two finished ones."""
    jobs.add(kind="RENDER", state="queued", run_at=-100, created_at=-200)
    jobs.add(kind="RENDER", state="queued", run_at=None, created_at=-300)
    jobs.add(kind="RENDER", state="failed", run_at=-50, created_at=-500, attempts=1)
    jobs.add(kind="RENDER", state="queued", run_at=1000, created_at=-400, attempts=0)
    jobs.add(kind="RENDER", state="queued", run_at=1000, created_at=-400, attempts=2)
    jobs.add(kind="RENDER", state="failed", run_at=500, created_at=-400, attempts=1)
    jobs.add(
        kind="RENDER", state="running", run_at=-70, created_at=-800,
        locked_at=-60, locked_by="w1", heartbeat_at=-10, attempts=1,
    )  # fmt: skip
    jobs.add(
        kind="RENDER", state="running", run_at=-700, created_at=-800,
        locked_at=-600, locked_by="w2", heartbeat_at=-500, attempts=1,
    )  # fmt: skip
    for died, attempts in ((-7200, 5), (-90_000, 4)):
        jobs.add(kind="PUBLISH", state="dead_letter", run_at=-100_000, created_at=-200_000, attempts=attempts,
                 updated_at=died, last_error="HTTP 503")  # fmt: skip
    jobs.add(2, kind="PUBLISH", state="done", run_at=-900_000, created_at=-900_000, attempts=1)


def _counts(
    pending: int = 0, scheduled: int = 0, retrying: int = 0, running: int = 0, dead: int = 0
) -> dict[State, int]:
    return {
        State.PENDING: pending,
        State.SCHEDULED: scheduled,
        State.RETRYING: retrying,
        State.RUNNING: running,
        State.DEAD_LETTER: dead,
    }


LIVE: Mapping[Lane, LaneJobs] = {
    RENDER: LaneJobs(
        counts=_counts(pending=3, scheduled=1, retrying=2, running=2),
        oldest_pending_seconds=300,
        oldest_running_seconds=600,
        oldest_dead_letter_seconds=0,
        stuck=1,
    ),
    PUBLISH: LaneJobs(
        counts=_counts(dead=2),
        oldest_pending_seconds=0,
        oldest_running_seconds=0,
        oldest_dead_letter_seconds=90_000,
        stuck=0,
    ),
}


def test_the_table_of_system_a_is_told_whole(shop: Shop) -> None:
    _fill(shop.jobs())

    told = shop.read()

    assert told.lanes == LIVE
    assert told.errors == {}
    assert told.facts.capped == dict.fromkeys(_counts(), False)
    assert told.facts.notices == ()


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("state", "status"),
        ("kind", "type"),
        ("run_at", "next_run_at"),
        ("locked_by", "worker_id"),
        ("heartbeat_at", "last_heartbeat"),
        ("locked_at", "started_at"),
        ("attempts", "attempt_count"),
        ("created_at", "inserted_at"),
    ],
)
def test_a_column_of_another_usual_name_says_the_same(shop: Shop, column: str, name: str) -> None:
    _fill(shop.jobs(named={column: name}))

    assert shop.read().lanes == LIVE


def test_an_old_deployment_differs_in_every_name(shop: Shop) -> None:
    named = {"state": "status", "kind": "type", "run_at": "next_run_at"}
    _fill(shop.jobs(named=named | {"locked_by": "worker_id", "heartbeat_at": "last_heartbeat"}))

    assert shop.read().lanes == LIVE


@pytest.mark.parametrize(
    "column",
    ["id", "workspace_id", "priority", "payload", "result", "error", "last_error", "max_attempts", "locked_by"],
)
def test_a_column_that_counts_nothing_may_be_missing(shop: Shop, column: str) -> None:
    _fill(shop.jobs(without=[column]))

    assert shop.read().lanes == LIVE


def test_without_a_kind_all_jobs_are_one_lane(shop: Shop) -> None:
    _fill(shop.jobs(without=["kind"]))

    assert shop.read().lanes == {
        Lane("jobs"): replace(
            LIVE[RENDER],
            counts=_counts(pending=3, scheduled=1, retrying=2, running=2, dead=2),
            oldest_dead_letter_seconds=90_000,
        )
    }


def test_without_attempts_only_the_state_tells_a_retry(shop: Shop) -> None:
    _fill(shop.jobs(without=["attempts"]))

    counts = _counts(pending=3, scheduled=2, retrying=1, running=2)
    assert shop.read().lanes == {**LIVE, RENDER: replace(LIVE[RENDER], counts=counts)}


def test_without_attempts_and_without_a_state_of_their_own_retries_are_not_told(shop: Shop) -> None:
    jobs = shop.jobs(without=["attempts"])
    jobs.add(kind="RENDER", state="queued", run_at=1000)

    told = shop.read()

    assert told.lanes[RENDER].counts == {
        State.PENDING: 0, State.SCHEDULED: 1, State.RUNNING: 0, State.DEAD_LETTER: 0
    }  # fmt: skip
    assert told.facts.capped is not None
    assert State.RETRYING not in told.facts.capped


def test_without_run_at_every_waiting_job_is_due(shop: Shop) -> None:
    _fill(shop.jobs(without=["run_at"]))

    counts = {State.PENDING: 6, State.RUNNING: 2, State.DEAD_LETTER: 0}
    expected = replace(LIVE[RENDER], counts=counts, oldest_pending_seconds=500)
    assert shop.read().lanes[RENDER] == expected


def test_without_created_at_a_job_is_as_old_as_its_run_at(shop: Shop) -> None:
    _fill(shop.jobs(without=["created_at"]))

    assert shop.read().lanes == {**LIVE, RENDER: replace(LIVE[RENDER], oldest_pending_seconds=100)}


def test_without_run_at_and_created_at_the_age_of_waiting_jobs_is_not_told(shop: Shop) -> None:
    _fill(shop.jobs(without=["run_at", "created_at"]))

    assert {jobs.oldest_pending_seconds for jobs in shop.read().lanes.values()} == {None}


def test_without_locked_at_the_age_of_running_jobs_is_not_told(shop: Shop) -> None:
    _fill(shop.jobs(without=["locked_at"]))

    assert shop.read().lanes == {lane: replace(jobs, oldest_running_seconds=None) for lane, jobs in LIVE.items()}


def test_without_a_heartbeat_stuck_jobs_are_not_told(shop: Shop) -> None:
    _fill(shop.jobs(without=["heartbeat_at"]))

    assert shop.read().lanes == {lane: replace(jobs, stuck=None) for lane, jobs in LIVE.items()}


def test_without_updated_at_the_age_of_dead_jobs_is_not_told(shop: Shop) -> None:
    _fill(shop.jobs(without=["updated_at"]))

    assert shop.read().lanes == {lane: replace(jobs, oldest_dead_letter_seconds=None) for lane, jobs in LIVE.items()}


def test_a_stuck_job_without_any_beat_is_one_whose_claim_is_old(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(kind="A", state="running", locked_at=-100)
    jobs.add(kind="B", state="running", locked_at=-30)
    jobs.add(kind="C", state="running")

    assert {lane.kind: found.stuck for lane, found in shop.read(lease=60.0).lanes.items()} == {"A": 1, "B": 0, "C": 0}


def test_a_table_where_nothing_is_retried_keeps_its_failures_as_dead_letters(shop: Shop) -> None:
    jobs = shop.jobs(without=["run_at", "max_attempts"])
    jobs.add(kind="A", state="failed", updated_at=-600)

    assert shop.read().lanes == {
        Lane("jobs", "A"): LaneJobs(
            counts={State.PENDING: 0, State.RUNNING: 0, State.DEAD_LETTER: 1},
            oldest_pending_seconds=0,
            oldest_running_seconds=0,
            oldest_dead_letter_seconds=600,
            stuck=0,
        )
    }


@pytest.mark.parametrize("word", ["failed", "error", "retrying"])
def test_a_failure_that_will_be_retried_waits(shop: Shop, word: str) -> None:
    jobs = shop.jobs()
    jobs.add(2, kind="A", state=word, run_at=-100, attempts=1)
    jobs.add(3, kind="A", state=word, run_at=100, attempts=1)

    assert shop.read().lanes[Lane("jobs", "A")].counts == _counts(pending=2, retrying=3)


def test_a_blocked_job_waits_for_something_else_than_time(shop: Shop) -> None:
    shop.jobs().add(2, kind="A", state="blocked", run_at=-100)

    assert shop.read().lanes[Lane("jobs", "A")].counts == _counts() | {State.BLOCKED: 2}


def test_each_queue_is_a_lane(shop: Shop) -> None:
    jobs = shop.jobs(types={"queue": "text"})
    for queue, kind in (("mail", "A"), ("mail", "B"), ("video", "A"), (None, "A"), ("", "A"), ("mail", None)):
        jobs.add(queue=queue, kind=kind, state="queued")

    assert {lane: found.counts[State.PENDING] for lane, found in shop.read().lanes.items()} == {
        Lane("mail", "A"): 1,
        Lane("mail", "B"): 1,
        Lane("video", "A"): 1,
        Lane("jobs", "A"): 2,
        Lane("mail", ""): 1,
    }


def test_an_empty_table_has_no_lanes(shop: Shop) -> None:
    shop.jobs()

    told = shop.read()

    assert told.lanes == {}
    assert told.facts.capped == dict.fromkeys(_counts(), False)
