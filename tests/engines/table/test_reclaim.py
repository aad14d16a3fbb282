"""Running jobs whose worker is lost go back to the others, or are dead when they were tried often enough."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import States
from jobqueue_exporter.engines.operations import Change, Operation
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from tests.engines.table.orders import changed, events, row
from tests.engines.table.shop import Jobs, Shop

RECLAIM = Operation.RECLAIM


def _running(jobs: Jobs, attempts: int = 2, *, heartbeat_at: int | None = None, run_at: int | None = None) -> str:
    """A job that a worker claimed minutes ago."""
    return jobs.new(
        state="running", locked_by="w1", locked_at=-500, attempts=attempts, heartbeat_at=heartbeat_at, run_at=run_at
    )


def test_it_waits_again_and_its_attempts_are_kept(shop: Shop, jobs: Jobs) -> None:
    jobs.new()
    job = _running(jobs, heartbeat_at=-200)
    text = "it was running, and is queued now: its attempts are kept"
    assert changed(shop, RECLAIM, job) == [Change(job, True, text, audited=True)]
    assert row(jobs, job, "state", "attempts", "locked_by", "locked_at", "heartbeat_at") == (
        "queued", 2, None, None, None,
    )  # fmt: skip
    assert [(found, stage) for found, stage, _ in events(jobs)] == [(job, "reclaimed")]


def test_one_without_attempts_left_is_dead(shop: Shop, jobs: Jobs) -> None:
    jobs.new()
    jobs.new(state="dead_letter")
    job = _running(jobs, attempts=5, heartbeat_at=-200, run_at=-600)
    text = "it was running, and is dead_letter now: it has no attempts left"
    assert changed(shop, RECLAIM, job) == [Change(job, True, text, audited=True)]
    assert row(jobs, job, "state", "attempts", "locked_by") == ("dead_letter", 5, None)
    assert row(jobs, job, "run_at") < row(jobs, job, "updated_at")
    assert [(found, stage) for found, stage, _ in events(jobs)] == [(job, "dead_letter")]


def test_one_without_attempts_left_is_dead_also_where_no_job_was_dead_before(shop: Shop, jobs: Jobs) -> None:
    jobs.new()
    spent, other = _running(jobs, attempts=5, heartbeat_at=-200), _running(jobs, heartbeat_at=-200)
    note = "'dead_letter' is a word that the table was not seen to hold before"
    assert changed(shop, RECLAIM, spent, other) == [
        Change(spent, True, f"it was running, and is dead_letter now: it has no attempts left; {note}", audited=True),
        Change(other, True, "it was running, and is queued now: its attempts are kept", audited=True),
    ]


def test_one_without_attempts_left_stays_where_the_configuration_has_no_word_for_dead(shop: Shop, jobs: Jobs) -> None:
    jobs.new()
    job = _running(jobs, attempts=5, heartbeat_at=-200)
    text = "it is running and has no attempts left, and no word for dead is known: name it in states.dead_letter"
    states = States(waiting=("queued",), running=("running",))
    assert changed(shop, RECLAIM, job, states=states) == [Change(job, False, text, State.RUNNING, "running")]
    assert row(jobs, job, "state") == ("running",)


@pytest.mark.parametrize("dry_run", [False, True])
def test_one_whose_worker_lives_is_left_alone(shop: Shop, jobs: Jobs, *, dry_run: bool) -> None:
    jobs.new()
    job = _running(jobs, heartbeat_at=-20)
    (change,) = changed(shop, RECLAIM, job, dry_run=dry_run)
    assert (change.done, change.state) == (False, State.RUNNING)
    assert change.text.startswith("its worker gave a sign of life 2")
    assert change.text.endswith(" s ago, and the lease is 60 s: left alone")
    assert row(jobs, job, "state", "locked_by") == ("running", "w1")


def test_one_that_does_not_run_is_left_alone(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(heartbeat_at=-200)
    text = "it is queued, not running: left alone"
    assert changed(shop, RECLAIM, job) == [Change(job, False, text, State.PENDING, "queued")]


def test_without_heartbeats_it_is_refused(shop: Shop) -> None:
    jobs = shop.jobs(without=["heartbeat_at"])
    jobs.new()
    job = _running(jobs)
    with pytest.raises(Refused, match=r"no heartbeats by which to tell .*columns\.heartbeat_at"):
        changed(shop, RECLAIM, job)
    assert row(jobs, job, "state") == ("running",)


def test_the_end_of_a_dead_one_is_dated(shop: Shop) -> None:
    jobs = shop.jobs(types={"finished_at": "timestamptz"})
    jobs.new()
    jobs.new(state="dead")
    back, over = (_running(jobs, attempts=tried, heartbeat_at=-200) for tried in (1, 5))
    assert [change.done for change in changed(shop, RECLAIM, back, over)] == [True, True]
    assert row(jobs, back, "state", "finished_at") == ("queued", None)
    assert row(jobs, over, "state") == ("dead",)
    assert row(jobs, over, "finished_at") == row(jobs, over, "updated_at")
