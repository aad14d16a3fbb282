"""A pending job is as old as the time since it could have been claimed."""

from __future__ import annotations

import pytest

from jobqueue_exporter.model import Lane
from tests.engines.procrastinate.site import Site

_MINUTE = 60.0


def _age(site: Site) -> float:
    """The age of the oldest pending job, in seconds with a minute's tolerance."""
    lanes = site.told().facts.lanes
    assert lanes is not None
    found = lanes[Lane("default", "ok")].oldest_pending_seconds
    assert found is not None
    return found // _MINUTE * _MINUTE


def _put(site: Site, event: str, *, hours: int, job: int, scheduled: int | None = None) -> None:
    """Set when this event of a job was, and for when it was scheduled, in hours ago."""
    site.run(
        f"UPDATE procrastinate_events SET at = now() - interval '{hours} h' WHERE job_id = {job} AND type = '{event}'"
    )
    if scheduled is not None:
        site.run(
            "ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER",
            f"UPDATE procrastinate_jobs SET scheduled_at = now() - interval '{scheduled} h' WHERE id = {job}",
            "ALTER TABLE procrastinate_jobs ENABLE TRIGGER USER",
        )


@pytest.mark.parametrize(
    ("deferred", "scheduled", "age"),
    [
        pytest.param(3, None, 3, id="due at once"),
        pytest.param(3, 2, 2, id="due later"),
        pytest.param(3, 9, 3, id="due before it was enqueued"),
    ],
)
def test_one_job(site: Site, deferred: int, scheduled: int | None, age: int) -> None:
    job = site.defer("ok")
    _put(site, "deferred", hours=deferred, job=job, scheduled=scheduled)

    assert _age(site) == age * 3600


def test_the_oldest_of_several_counts(site: Site) -> None:
    for hours, scheduled in ((5, None), (7, 6), (3, None), (2, 1)):
        _put(site, "deferred", hours=hours, job=site.defer("ok"), scheduled=scheduled)

    assert _age(site) == 6 * 3600


def test_a_job_of_the_future_and_a_blocked_one_are_not_pending(site: Site) -> None:
    site.defer("ok", schedule_in={"hours": 1}, lock="a")
    _put(site, "deferred", hours=9, job=1)
    _put(site, "deferred", hours=8, job=site.defer("ok", lock="a"))
    _put(site, "deferred", hours=2, job=site.defer("ok", lock="b"))

    assert _age(site) == 2 * 3600


def test_a_job_given_back_by_hand_begins_anew(site: Site) -> None:
    job = site.defer("boom")
    site.work()
    _put(site, "deferred", hours=9, job=job)
    site.run("UPDATE procrastinate_jobs SET task_name = 'ok'")

    site.app.job_manager.retry_job_by_id(job, retry_at=site.row("SELECT now() - interval '2 hours'")[0])

    assert _age(site) == 0


def _given_back(site: Site, *, due_hours_ago: int) -> None:
    """A job that failed long ago, and is given back just now as one that was due some hours ago."""
    job = site.defer("boom")
    site.work()
    _put(site, "deferred", hours=9, job=job)
    site.run("UPDATE procrastinate_jobs SET task_name = 'ok'")
    at = site.row(f"SELECT now() - interval '{due_hours_ago} hours'")[0]
    site.app.job_manager.retry_job_by_id(job, retry_at=at)


@pytest.mark.parametrize("scheduled", [pytest.param(None, id="due at once"), pytest.param(3, id="due later")])
@pytest.mark.parametrize("due_hours_ago", [0, 5])
def test_a_job_given_back_now_hides_no_older_one(site: Site, scheduled: int | None, due_hours_ago: int) -> None:
    _given_back(site, due_hours_ago=due_hours_ago)
    _put(site, "deferred", hours=3, job=site.defer("ok"), scheduled=scheduled)

    assert _age(site) == 3 * 3600


def test_a_job_with_a_lock_given_back_now_hides_no_older_one(site: Site) -> None:
    _given_back(site, due_hours_ago=5)
    _put(site, "deferred", hours=3, job=site.defer("ok"), scheduled=3)
    site.run("UPDATE procrastinate_jobs SET lock = id::text")

    assert _age(site) == 3 * 3600


def test_a_job_due_at_once_that_was_given_back_hides_no_older_one(site: Site) -> None:
    jobs = [site.defer("ok") for _ in range(3)]
    for job in jobs:
        _put(site, "deferred", hours=4, job=job)
    site.run(
        *(f"INSERT INTO procrastinate_events (job_id, type, at) VALUES ({job}, 'retried', now())" for job in jobs[:2])
    )

    assert _age(site) == 4 * 3600


def test_the_ages_of_a_lane_are_not_mixed_up_with_those_of_another(site: Site) -> None:
    _given_back(site, due_hours_ago=5)
    _put(site, "deferred", hours=3, job=site.defer("ok", queue="mail"), scheduled=2)

    lanes = site.told().facts.lanes
    assert lanes is not None
    ages = {lane.queue: (jobs.oldest_pending_seconds or 0) // _MINUTE * _MINUTE for lane, jobs in lanes.items()}
    assert ages == {"default": 0, "mail": 2 * 3600}


def test_a_lane_without_pending_jobs_has_no_age(site: Site) -> None:
    site.defer("ok", schedule_in={"hours": 1})

    assert _age(site) == 0
