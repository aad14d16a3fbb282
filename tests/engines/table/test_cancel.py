"""Jobs that wait are called off, those that run are not."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import States
from jobqueue_exporter.engines.operations import Change, Operation
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Flow, Lane, State
from tests.engines.table.orders import changed, events, row, states
from tests.engines.table.shop import Jobs, Shop

CANCEL = Operation.CANCEL
NEW = "; 'cancelled' is a word that the table was not seen to hold before"


@pytest.mark.parametrize(
    ("state", "run_at"), [("queued", -5), ("queued", 500), ("queued", None), ("failed", 500), ("blocked", None)]
)
def test_one_that_waits_is_called_off(shop: Shop, jobs: Jobs, state: str, run_at: int | None) -> None:
    jobs.new(state="cancelled")
    job = jobs.new(state=state, run_at=run_at, attempts=1)
    text = f"it was {state}, and is cancelled now"
    assert changed(shop, CANCEL, job) == [Change(job, True, text, audited=True)]
    assert row(jobs, job, "state", "attempts") == ("cancelled", 1)


def test_one_that_runs_is_left_alone_with_its_worker_named(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(state="running", locked_by="w1\x1b[31m", heartbeat_at=-1)
    text = "it is running on worker 'w1\\x1b[31m', not waiting: left alone"
    assert changed(shop, CANCEL, job) == [Change(job, False, text, State.RUNNING, "running")]
    assert states(jobs, [job]) == ["running"]


@pytest.mark.parametrize(("state", "is_in"), [("dead_letter", State.DEAD_LETTER), ("done", None)])
def test_one_that_has_ended_is_left_alone(shop: Shop, jobs: Jobs, state: str, is_in: State | None) -> None:
    job = jobs.new(state=state)
    text = f"it is {state}, not waiting: left alone"
    assert changed(shop, CANCEL, job) == [Change(job, False, text, is_in, state)]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_word_that_is_new_to_the_table_is_said_so(shop: Shop, jobs: Jobs, *, dry_run: bool) -> None:
    job = jobs.new()
    (change,) = changed(shop, CANCEL, job, dry_run=dry_run)
    said = "it is queued, and would be cancelled" if dry_run else "it was queued, and is cancelled now"
    assert (change.done, change.text) == (True, said + NEW)
    assert states(jobs, [job]) == ["queued" if dry_run else "cancelled"]


@pytest.mark.parametrize(
    ("declared", "beside", "words", "written"),
    [
        pytest.param("text", "canceled", None, "canceled", id="one that was seen"),
        pytest.param("text", "DONE", None, "CANCELLED", id="in capitals as the table writes"),
        pytest.param("text", "done", States(waiting=("QUEUED",), cancelled=("off",)), "off", id="as configured"),
        pytest.param("text CHECK (state IN ('QUEUED', 'aborted'))", "QUEUED", None, "aborted", id="a check lets it in"),
    ],
)
def test_the_word_for_called_off(shop: Shop, declared: str, beside: str, words: States | None, written: str) -> None:
    jobs = shop.jobs(types={"state": declared})
    jobs.new(state=beside)
    job = jobs.new(state="QUEUED")
    assert changed(shop, CANCEL, job, states=words)[0].done
    assert states(jobs, [job]) == [written]


def test_a_configuration_without_a_word_is_not_guessed_at(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    with pytest.raises(Refused, match=r"name it in states\.cancelled"):
        changed(shop, CANCEL, job, states=States(waiting=("queued",)))
    assert states(jobs, [job]) == ["queued"]


def test_it_is_counted_as_a_cancelled_flow(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    changed(shop, CANCEL, job)
    assert [(found, stage) for found, stage, _ in events(jobs)] == [(job, "cancelled")]
    assert shop.read().counts == {(Lane("jobs", "A"), Flow.CANCELLED): 1}


def test_its_end_is_dated_but_not_as_a_success(shop: Shop) -> None:
    one = shop.jobs("one_jobs", types={"finished_at": "timestamptz"})
    two = shop.jobs("two_jobs", types={"completed_at": "timestamptz"})
    first, second = one.new(), two.new()
    assert changed(shop, CANCEL, first, table="one_jobs")[0].done
    assert changed(shop, CANCEL, second, table="two_jobs")[0].done
    assert row(one, first, "finished_at") == row(one, first, "updated_at")
    assert row(two, second, "completed_at") == (None,)
