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


def test_a_lane_without_pending_jobs_has_no_age(site: Site) -> None:
    site.defer("ok", schedule_in={"hours": 1})

    assert _age(site) == 0
