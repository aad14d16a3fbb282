"""Our numbers of each state beside those that BullMQ itself gives."""

from __future__ import annotations

from typing import Any

from jobqueue_exporter.model import Lane, LaneJobs, State
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site

HOUR_MS = 3_600_000


def _settled(library: Library, queue: str, **wanted: int) -> None:
    """Waits until the library counts so many jobs in these of its states."""
    until(lambda: wanted.items() <= library.ask("counts", queue=queue).items())


def _told(counts: Any) -> dict[State, int]:
    """The library's counts in our states; it does not tell who was tried before."""
    return {
        State.PENDING: counts.get("waiting", 0) + counts.get("paused", 0) + counts["prioritized"],
        State.RUNNING: counts["active"],
        State.BLOCKED: counts["waiting-children"],
        State.DEAD_LETTER: counts["failed"],
    }


def _counts(lane: LaneJobs) -> dict[State, int]:
    return {state: count for state, count in lane.counts.items() if count}


def test_a_queue_with_jobs_in_each_state_has_the_librarys_own_numbers(site: Site, library: Library) -> None:
    for _ in range(2):
        library.ask("add", queue="q", name="ok")
    library.ask("add", queue="q", name="fail", data={"error": "boom"})
    library.ask("add", queue="q", name="fail", opts={"attempts": 3, "backoff": {"type": "fixed", "delay": HOUR_MS}})
    library.ask("work", queue="q", opts={"concurrency": 4})
    _settled(library, "q", completed=2, failed=1, delayed=1)
    library.ask("add", queue="q", name="hang")
    _settled(library, "q", active=1)
    library.ask("rest", queue="q")
    library.ask("flow", flow={"name": "ok", "queueName": "q", "children": [{"name": "ok", "queueName": "child"}]})
    library.ask("add", queue="q", name="ok", opts={"delay": HOUR_MS})
    library.ask("add", queue="q", name="ok", opts={"priority": 3})
    for _ in range(3):
        library.ask("add", queue="q", name="ok")

    lane, told = site.lane("q"), library.ask("counts", queue="q")

    assert _told(told).items() <= lane.counts.items()
    assert lane.counts[State.SCHEDULED] + lane.counts[State.RETRYING] == told["delayed"]
    assert _counts(lane) == {
        State.PENDING: 4,
        State.SCHEDULED: 1,
        State.RETRYING: 1,
        State.BLOCKED: 1,
        State.RUNNING: 1,
        State.DEAD_LETTER: 1,
    }


def test_jobs_of_a_paused_queue_stay_pending_wherever_a_version_keeps_them(site: Site, library: Library) -> None:
    library.ask("add", queue="q", name="ok")
    library.ask("pause", queue="q")
    library.ask("add", queue="q", name="ok")

    paused = site.facts("q")
    library.ask("resume", queue="q")
    resumed = site.facts("q")

    assert paused.paused == {"q": True}
    assert resumed.paused == {"q": False}
    assert [_counts((facts.lanes or {})[Lane("q")]) for facts in (paused, resumed)] == [{State.PENDING: 2}] * 2


def test_a_delayed_job_that_is_due_is_pending_and_told_as_not_promoted(site: Site, library: Library) -> None:
    library.ask("add", queue="q", name="ok", opts={"delay": 1})
    until(lambda: site.lane("q").due_not_promoted == 1)

    assert _counts(site.lane("q")) == {State.PENDING: 1}


def test_a_queue_without_jobs_is_all_zeros(site: Site, library: Library) -> None:
    library.ask("add", queue="q", name="ok")
    library.ask("work", queue="q")
    _settled(library, "q", completed=1)

    facts = site.facts("q")

    assert facts.lanes == {Lane("q"): facts.empty_lane}


def test_the_versions_of_both_are_told(site: Site, library: Library) -> None:
    library.ask("add", queue="q", name="ok")

    redis = site.redis.info("server")["redis_version"]

    assert site.facts("q").version == f"Redis {redis}, bullmq {library.version}"
