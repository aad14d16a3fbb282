"""How old jobs are, and which are stuck."""

from __future__ import annotations

import time

from jobqueue_exporter.model import Lane, State
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site, Start, facts

HOUR = 3600.0
SHORT_LOCK = {"lockDuration": 500, "stalledInterval": 3_600_000}


def _ago(seconds: float) -> int:
    """That long ago, in milliseconds."""
    return int((time.time() - seconds) * 1000)


def _age(site: Site, queue: str = "q") -> float:
    found = site.lane(queue).oldest_pending_seconds
    assert found is not None
    return found


def test_the_oldest_pending_job_is_as_old_as_its_making(site: Site, library: Library) -> None:
    library.ask("add", queue="q", name="ok", opts={"timestamp": _ago(HOUR)})
    library.ask("add", queue="q", name="ok")

    assert HOUR <= _age(site) < HOUR + 60


def test_a_prioritized_job_that_starves_is_the_oldest(site: Site, library: Library) -> None:
    for priority, seconds in ((1, 10.0), (7, HOUR), (2, 0.0)):
        library.ask("add", queue="q", name="ok", opts={"priority": priority, "timestamp": _ago(seconds)})

    assert HOUR <= _age(site) < HOUR + 60


def test_a_job_of_the_lowest_priority_that_starves_behind_its_like_is_the_oldest(site: Site) -> None:
    site.queue("q", prioritized={f"low{n}": 10 * 2**32 + n for n in range(100)} | {"high": 2**32 + 200})
    for number in range(100):
        site.job("q", f"low{number}", timestamp=_ago(HOUR if number == 0 else 10))
    site.job("q", "high", timestamp=_ago(0))

    assert HOUR <= _age(site) < HOUR + 60
    reader = site.reader("q")
    facts(reader)
    assert site.trips(reader)[1] == 4


def test_a_job_that_others_are_put_before_is_the_oldest(site: Site, library: Library) -> None:
    library.ask("add", queue="q", name="ok", opts={"timestamp": _ago(HOUR), "lifo": True})
    for _ in range(5):
        library.ask("add", queue="q", name="ok", opts={"lifo": True})

    assert HOUR <= _age(site) < HOUR + 60
    assert site.lane("q").counts[State.PENDING] == 6


def test_a_delayed_job_waits_from_when_it_is_due(site: Site, library: Library) -> None:
    library.ask("add", queue="q", name="ok", opts={"timestamp": _ago(HOUR), "delay": int(HOUR * 500)})

    assert HOUR / 2 <= _age(site) < HOUR / 2 + 60


def test_a_job_that_was_given_back_waits_from_when_it_was_first_seen_to(site: Site, library: Library) -> None:
    job_id = library.ask("add", queue="q", name="fail", opts={"timestamp": _ago(HOUR)})
    library.ask("work", queue="q")
    until(lambda: library.ask("state", queue="q", id=job_id) == "failed")
    library.ask("rest", queue="q")
    library.ask("retry", queue="q", id=job_id)
    reader = site.reader("q")

    def age() -> float:
        return (facts(reader).lanes or {})[Lane("q")].oldest_pending_seconds or 0.0

    assert age() == 0
    until(lambda: 0 < age() < 60)


def test_the_oldest_dead_letter_died_when_the_first_job_failed(site: Site, library: Library) -> None:
    job_id = library.ask("add", queue="q", name="fail")
    library.ask("work", queue="q")
    until(lambda: library.ask("state", queue="q", id=job_id) == "failed")
    site.redis.zadd("bull:q:failed", {job_id: _ago(HOUR)})

    assert HOUR <= (site.lane("q").oldest_dead_letter_seconds or 0) < HOUR + 60


def test_a_job_that_a_worker_holds_runs_and_is_not_stuck(site: Site, library: Library) -> None:
    job_id = library.ask("add", queue="q", name="hang")
    library.ask("work", queue="q")
    until(lambda: library.ask("state", queue="q", id=job_id) == "active")
    site.redis.hset(f"bull:q:{job_id}", "processedOn", _ago(HOUR))

    lane = site.lane("q")

    assert (lane.counts[State.RUNNING], lane.stuck) == (1, 0)
    assert HOUR <= (lane.oldest_running_seconds or 0) < HOUR + 60


def test_a_job_whose_worker_was_killed_is_stuck_once_its_lock_is_gone(site: Site, library: Library) -> None:
    job_id = library.ask("add", queue="q", name="hang")
    library.ask("work", queue="q", opts=SHORT_LOCK)
    until(lambda: library.ask("state", queue="q", id=job_id) == "active")
    before = site.facts("q")
    library.kill()

    until(lambda: site.lane("q").stuck == 1)
    after = site.facts("q")

    assert before.workers is not None
    assert after.workers is not None
    assert (before.workers.by_queue, after.workers.by_queue) == ({"q": 1}, {"q": 0})
    assert site.lane("q").counts[State.RUNNING] == 1


def test_what_was_stuck_is_taken_back_by_the_next_worker(site: Site, start: Start) -> None:
    first, second = start("bullmq6"), start("bullmq6")
    first.ask("add", queue="q", name="hang")
    first.ask("work", queue="q", opts={"lockDuration": 500, "stalledInterval": 300})
    until(lambda: site.lane("q").counts[State.RUNNING] == 1)
    first.kill()
    until(lambda: site.lane("q").stuck == 1)
    second.ask("work", queue="q", opts={"lockDuration": 5000, "stalledInterval": 200})

    until(lambda: site.lane("q").stuck == 0)
    assert site.lane("q").counts[State.RUNNING] == 1
