"""A worker is killed in the middle of a job: the engine leaves the job running for ever, and we say so."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobqueue_exporter.config.types import DurationOrZero
from jobqueue_exporter.engines.operations import Change
from jobqueue_exporter.model import Lane, LaneJobs, State
from tests.deadline import until
from tests.engines.procrastinate.site import RECLAIM, Site

HOLD = Lane("default", "hold")
LEASE = 2.0
AT_LEAST = "30 s (the lease is 2 s, but the engine itself waits that long)"


def _jobs(site: Site) -> LaneJobs:
    lanes = site.told().facts.lanes
    assert lanes is not None
    return lanes[HOLD]


@contextmanager
def _running(site: Site, path: Path) -> Iterator[int]:
    """A job that its worker runs, and the worker killed at the end."""
    job = site.defer("hold", {"path": str(path)})
    with site.worker() as process:
        until(lambda: site.status(job) == "doing")
        yield job
        process.send_signal(signal.SIGKILL)


def _killed(site: Site, path: Path) -> int:
    with _running(site, path) as job:
        pass
    until(lambda: site.stalled(LEASE))
    return job


def _silent(site: Site, *, seconds: int) -> None:
    """The last heartbeat of all workers was that long ago."""
    site.run(f"UPDATE procrastinate_workers SET last_heartbeat = now() - interval '{seconds} s'")


def test_a_job_is_stuck_when_the_engine_holds_it_for_stalled(site: Site, tmp_path: Path) -> None:
    with _running(site, tmp_path / "go on") as job:
        alive = _jobs(site)
        assert (alive.counts[State.RUNNING], alive.stuck, site.stalled(LEASE)) == (1, 0, set())

    until(lambda: _jobs(site).stuck)

    assert (site.stalled(LEASE), _jobs(site).counts[State.RUNNING]) == ({job}, 1)
    told = site.told()
    assert told.facts.workers is not None
    assert (told.facts.workers.live, told.facts.workers.stale) == (0, 1)
    newest = site.row("SELECT date_part('epoch', max(last_heartbeat)) FROM procrastinate_workers")[0]
    assert told.facts.workers.newest_heartbeat == newest


def test_a_job_stays_stuck_when_its_worker_was_taken_off_the_list(site: Site, tmp_path: Path) -> None:
    job = _killed(site, tmp_path / "go on")
    site.run("DELETE FROM procrastinate_workers")

    assert (_jobs(site).stuck, site.stalled(LEASE)) == (1, {job})


def test_a_running_job_is_as_old_as_its_last_start(site: Site, tmp_path: Path) -> None:
    _killed(site, tmp_path / "go on")
    site.run("UPDATE procrastinate_events SET at = now() - interval '100 s' WHERE type = 'started'")

    oldest = _jobs(site).oldest_running_seconds

    assert oldest is not None
    assert 100 <= oldest < 160


def test_a_stuck_job_is_reclaimed_and_another_worker_ends_it(site: Site, tmp_path: Path) -> None:
    go_on = tmp_path / "go on"
    job = _killed(site, go_on)
    _silent(site, seconds=31)

    changes = list(site.operator().change(RECLAIM, [str(job)]))
    go_on.touch()
    site.work()

    assert changes == [Change(str(job), True, "it was doing, and is todo now")]
    assert site.status(job) == "succeeded"


def test_a_job_whose_worker_lives_is_left_alone(site: Site, tmp_path: Path) -> None:
    with _running(site, tmp_path / "go on") as job:
        changes = list(site.operator().change(RECLAIM, [str(job)]))

        assert changes == [
            Change(
                str(job),
                False,
                f"its worker has given a sign of life within {AT_LEAST}: left alone",
                State.RUNNING,
                "doing",
            ),
        ]
        assert site.status(job) == "doing"


def test_a_lease_shorter_than_the_beat_of_workers_takes_no_job_from_them(site: Site, tmp_path: Path) -> None:
    job = _killed(site, tmp_path / "go on")
    _silent(site, seconds=29)

    assert (_jobs(site).stuck, list(site.operator().change(RECLAIM, [str(job)]))) == (
        1,
        [
            Change(
                str(job),
                False,
                f"its worker has given a sign of life within {AT_LEAST}: left alone",
                State.RUNNING,
                "doing",
            )
        ],
    )


def test_a_longer_lease_is_waited_for(site: Site, tmp_path: Path) -> None:
    job = _killed(site, tmp_path / "go on")
    operator = site.operator(lease=DurationOrZero(60))

    _silent(site, seconds=59)
    early = list(operator.change(RECLAIM, [str(job)]))
    _silent(site, seconds=61)

    assert early == [
        Change(str(job), False, "its worker has given a sign of life within 60 s: left alone", State.RUNNING, "doing")
    ]
    assert list(operator.change(RECLAIM, [str(job)])) == [Change(str(job), True, "it was doing, and is todo now")]


def test_a_stuck_job_that_was_to_be_aborted_fails_when_it_is_reclaimed(site: Site, tmp_path: Path) -> None:
    job = _killed(site, tmp_path / "go on")
    site.app.job_manager.cancel_job_by_id(job, abort=True)
    _silent(site, seconds=31)

    assert list(site.operator().change(RECLAIM, [str(job)])) == [
        Change(str(job), True, "it was doing, and is failed now")
    ]
    assert site.status(job) == "failed"
