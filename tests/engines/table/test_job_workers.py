"""Workers as the rows of running jobs show them."""

from __future__ import annotations

import pytest

from jobqueue_exporter.model import Signal, Workers
from tests.engines.table.shop import Jobs, Shop


def _running(jobs: Jobs, worker: str | None, heartbeat: int | None, **values: str | int | None) -> None:
    jobs.add(
        **{"kind": "A", "state": "running", "locked_by": worker, "locked_at": -900, "heartbeat_at": heartbeat} | values
    )


def test_a_worker_is_counted_once_and_is_as_live_as_its_newest_beat(shop: Shop) -> None:
    jobs = shop.jobs(types={"queue": "text"})
    for queue, worker, heartbeat in (
        ("mail", "w1", -10),
        ("mail", "w1", -500),
        ("video", "w1", -500),
        ("mail", "w2", -30),
        ("video", "w3", -500),
        (None, "w4", -50),
        ("", "w4", -50),
    ):
        _running(jobs, worker, heartbeat, queue=queue)

    assert shop.read().workers == Workers(
        live=3, stale=1, newest_heartbeat=-10, by_queue={"mail": 2, "video": 0, "jobs": 1}
    )


def test_the_lease_says_who_is_live(shop: Shop) -> None:
    _running(shop.jobs(), "w1", -500)

    workers = [shop.read(lease=lease).workers for lease in (60.0, 600.0, 30 * 86_400.0)]

    assert [worker and worker.live for worker in workers] == [0, 1, 1]


def test_a_job_that_never_beat_shows_its_worker_by_its_claim(shop: Shop) -> None:
    _running(shop.jobs(), "w1", None, locked_at=-20)

    assert shop.read().workers == Workers(live=1, stale=0, newest_heartbeat=-20, by_queue={"jobs": 1})


@pytest.mark.parametrize("worker", [None, ""])
def test_a_job_that_nobody_holds_shows_no_worker(shop: Shop, worker: str | None) -> None:
    _running(shop.jobs(), worker, -10)

    assert shop.read().workers is None


def test_while_no_job_runs_the_workers_cannot_be_told(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(kind="A", state="queued", locked_by="w1", heartbeat_at=-10)
    reader = shop.reader()

    idle = shop.told(reader)
    _running(jobs, "w1", -10)
    busy = shop.told(reader)

    assert (idle.workers, idle.signals[Signal.WORKERS]) == (None, False)
    assert (busy.workers is not None, busy.signals[Signal.WORKERS]) == (True, True)


@pytest.mark.parametrize("column", ["locked_by", "heartbeat_at"])
def test_without_a_name_or_a_heartbeat_no_worker_is_told(shop: Shop, column: str) -> None:
    _running(shop.jobs(without=[column]), "w1", -10)

    told = shop.read()

    assert told.workers is None
    assert not told.signals[Signal.WORKERS]


def test_workers_of_jobs_have_no_slots(shop: Shop) -> None:
    _running(shop.jobs(), "w1", -10)

    told = shop.read()

    assert told.facts.workers is not None
    assert (told.facts.workers.slots, told.facts.workers.busy) == (None, None)
    assert not told.signals[Signal.SLOTS]


def test_worker_names_may_be_numbers_or_addresses(shop: Shop) -> None:
    jobs = shop.jobs(types={"locked_by": "inet"})
    _running(jobs, "10.0.0.1", -10)
    _running(jobs, "10.0.0.2", -10)

    assert shop.read().workers == Workers(live=2, stale=0, newest_heartbeat=-10, by_queue={"jobs": 2})
