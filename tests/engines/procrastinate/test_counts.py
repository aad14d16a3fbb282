"""Our numbers are those of the engine's own API, while its own workers run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jobqueue_exporter.model import Lane, LaneJobs, State, Workers
from tests.deadline import until
from tests.engines.procrastinate.site import Site

_TODO = (State.PENDING, State.SCHEDULED, State.RETRYING, State.BLOCKED)


def _lane(task: str, queue: str = "default") -> Lane:
    return Lane(queue, task)


@pytest.fixture
def busy(site: Site, tmp_path: Path) -> Site:
    """Jobs that succeeded, failed and are retried, and such as wait for each thing that one can wait for."""
    for task in ("ok", "ok", "boom", "boom", "boom", "flaky"):
        site.defer(task)
    site.work()
    site.defer("ok", queue="mail")
    site.defer("ok", queue="mail")
    site.defer("ok", schedule_in={"hours": 1})
    site.defer("hold", {"path": str(tmp_path / "never")}, queue="locks", lock="a")
    for priority in (0, 0, 5):
        site.defer("ok", queue="locks", lock="a", priority=priority)
        site.defer("ok", queue="locks", lock="b", priority=priority)
    return site


def test_each_job_is_counted_in_one_state(busy: Site) -> None:
    assert busy.told().counts() == {
        _lane("boom"): {State.DEAD_LETTER: 3},
        _lane("flaky"): {State.RETRYING: 1},
        _lane("ok"): {State.SCHEDULED: 1},
        _lane("ok", "mail"): {State.PENDING: 2},
        _lane("hold", "locks"): {State.BLOCKED: 1},
        _lane("ok", "locks"): {State.PENDING: 2, State.BLOCKED: 4},
    }


def test_the_counts_are_those_of_the_engine(busy: Site) -> None:
    counts = busy.told().counts()
    statuses = busy.by_status()

    assert {lane: n for lane, jobs in counts.items() if (n := sum(jobs.get(s, 0) for s in _TODO))} == {
        lane: found["todo"] for lane, found in statuses.items() if found["todo"]
    }
    assert {lane: jobs[State.DEAD_LETTER] for lane, jobs in counts.items() if State.DEAD_LETTER in jobs} == {
        lane: found["failed"] for lane, found in statuses.items() if found["failed"]
    }
    assert {q["name"]: q["todo"] for q in busy.app.job_manager.list_queues()} == {
        queue: sum(jobs.get(s, 0) for lane, jobs in counts.items() if lane.queue == queue for s in _TODO)
        for queue in ("default", "locks", "mail")
    }
    assert {t["name"]: t["failed"] for t in busy.app.job_manager.list_tasks()} == {
        task: sum(jobs.get(State.DEAD_LETTER, 0) for lane, jobs in counts.items() if lane.kind == task)
        for task in ("boom", "flaky", "hold", "ok")
    }


def test_pending_are_the_jobs_that_the_engine_would_hand_out(busy: Site) -> None:
    counts = busy.told().counts()
    pending = {lane: jobs[State.PENDING] for lane, jobs in counts.items() if State.PENDING in jobs}

    assert Counter(pending) == busy.claimable()


def test_a_scheduled_job_holds_its_lock_already(site: Site) -> None:
    site.defer("ok", lock="a", schedule_in={"hours": 1})
    site.defer("ok", lock="a")

    assert site.told().counts() == {_lane("ok"): {State.SCHEDULED: 1, State.BLOCKED: 1}}
    assert site.claimable() == Counter()


def test_a_running_job_blocks_those_with_its_lock(site: Site, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    site.defer("hold", {"path": str(go_on)}, lock="a")
    site.defer("ok", lock="a", priority=9)
    reader = site.reader()
    site.run("UPDATE procrastinate_jobs SET priority = 10 WHERE task_name = 'hold'")

    with site.worker():
        until(lambda: site.status(1) == "doing")
        told = site.told(reader)
        assert told.counts() == {_lane("hold"): {State.RUNNING: 1}, _lane("ok"): {State.BLOCKED: 1}}
        assert told.facts.workers is not None
        assert (told.facts.workers.live, told.facts.workers.stale) == (1, 0)
        go_on.touch()
        until(lambda: site.status(2) == "succeeded")
        assert site.told(reader).counts() == {}


def test_nothing_at_all_is_told_as_nothing(site: Site) -> None:
    told = site.told()

    assert told.errors == {}
    assert told.facts.lanes == {}
    assert told.facts.empty_lane == LaneJobs(
        counts=dict.fromkeys(State, 0), oldest_pending_seconds=0.0, oldest_running_seconds=0.0, stuck=0
    )
    assert told.facts.capped == dict.fromkeys(State, False)
    assert told.facts.workers == Workers(live=0, stale=0)
    assert told.facts.notices == ()
    assert told.facts.version == "schema 3.4"


def test_counts_stop_at_the_cap_and_say_so(site: Site) -> None:
    for _ in range(5):
        site.defer("ok")
    reader = site.reader(count_cap=3)
    site.told(reader)

    told = site.told(reader)

    assert told.counts() == {_lane("ok"): {State.PENDING: 4}}
    assert told.facts.capped == dict.fromkeys(State, False) | dict.fromkeys(_TODO, True)
