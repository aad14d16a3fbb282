"""Dead jobs are removed, unless something else in the database needs them."""

from __future__ import annotations

import pytest

from jobqueue_exporter.engines.operations import Change, Operation
from jobqueue_exporter.model import State
from tests.engines.table.orders import changed, events, states
from tests.engines.table.shop import Jobs, Shop

DELETE = Operation.DELETE


def _there(jobs: Jobs) -> set[str]:
    return {str(job) for (job,) in jobs.database.connection.execute("SELECT id FROM jobs").fetchall()}


def test_it_is_gone_and_written_down(shop: Shop, jobs: Jobs) -> None:
    kept, job = jobs.new(state="dead_letter"), jobs.new(state="dead_letter")
    assert changed(shop, DELETE, job) == [Change(job, True, "it was dead_letter, and is deleted", audited=True)]
    assert _there(jobs) == {kept}
    assert [(found, stage) for found, stage, _ in events(jobs)] == [(job, "deleted")]


def test_a_dry_run_leaves_it(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(state="dead_letter")
    assert changed(shop, DELETE, job, dry_run=True) == [Change(job, True, "it is dead_letter, and would be deleted")]
    assert (_there(jobs), events(jobs)) == ({job}, [])


@pytest.mark.parametrize("state", ["queued", "running", "done", "cancelled"])
def test_one_that_is_not_dead_is_left_alone(shop: Shop, jobs: Jobs, state: str) -> None:
    job = jobs.new(state=state)
    (change,) = changed(shop, DELETE, job)
    assert (change.done, change.word, states(jobs, [job])) == (False, state, [state])


def test_rows_that_refer_to_it_and_forbid_it_keep_it_alone(shop: Shop, jobs: Jobs) -> None:
    ids = [jobs.new(state="dead_letter") for _ in range(5)]
    shop.run(f"CREATE TABLE bills (job uuid REFERENCES jobs); INSERT INTO bills VALUES ('{ids[2]}')")
    found = changed(shop, DELETE, *ids)
    text = "rows of bills refer to it and forbid it (constraint bills_job_fkey): left alone"
    assert found[2] == Change(ids[2], False, text, State.DEAD_LETTER, "dead_letter")
    assert [change.done for change in found] == [True, True, False, True, True]
    assert _there(jobs) == {ids[2]}


def test_events_that_go_with_their_job_cannot_tell_of_it(shop: Shop, jobs: Jobs) -> None:
    shop.run("ALTER TABLE job_events ADD FOREIGN KEY (job_id) REFERENCES jobs ON DELETE CASCADE")
    job = jobs.new(state="dead_letter")
    shop.events((job, "failed", -100))
    assert changed(shop, DELETE, job) == [Change(job, True, "it was dead_letter, and is deleted")]
    assert (_there(jobs), events(jobs)) == (set(), [])
