"""Cancelling and deleting jobs, dry runs, and what happens when others are at the same job or Redis is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest

from jobqueue_exporter.engines.bullmq.operator import BullmqOperator
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.model import State
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site, Start, watched
from tests.redis_server import RedisServer

CANCEL = Order(operation=Operation.CANCEL, who="ann", reason="not wanted")
DELETE = Order(operation=Operation.DELETE, who="ann")
REQUEUE = Order(operation=Operation.REQUEUE, who="ann", reason="mended")
MOST_TRIPS = 40
UNSURE = "the connection broke while this was being committed: look whether it was"


@pytest.fixture
def operator(site: Site) -> Iterator[BullmqOperator]:
    operator = BullmqOperator(site.source("mail"))
    yield operator
    operator.close()


def _failed(site: Site, job_id: str, queue: str = "mail") -> None:
    site.redis.hset(f"bull:{queue}:meta", "opts.maxLenEvents", 10_000)
    site.job(queue, job_id, data="{}", opts='{"attempts":1}', atm=1, processedOn=1, finishedOn=2, failedReason="boom")
    site.redis.zadd(f"bull:{queue}:failed", {job_id: 2})


def _keys(site: Site) -> list[bytes | str]:
    found: list[bytes | str] = site.redis.keys()
    return found


@pytest.mark.parametrize(
    ("opts", "word"), [({}, "wait"), ({"priority": 3}, "prioritized"), ({"delay": 10**6}, "delayed")]
)
def test_a_job_that_waits_is_cancelled_by_removing_it(
    library: Library, operator: BullmqOperator, opts: dict[str, int], word: str
) -> None:
    job_id = library.ask("add", queue="mail", name="ok", opts=opts)

    assert list(operator.change(CANCEL, [f"mail/{job_id}"])) == [
        Change(f"mail/{job_id}", True, f"removed from mail, where it was {word}")
    ]
    assert library.ask("job", queue="mail", id=job_id) is None
    assert set(library.ask("counts", queue="mail").values()) == {0}


def test_a_job_that_waits_for_children_is_cancelled_and_they_are_left(
    library: Library, operator: BullmqOperator
) -> None:
    children = [{"name": "ok", "queueName": "mail", "opts": {"jobId": f"child-{n}"}} for n in (1, 2)]
    parent = library.ask("flow", flow={"name": "ok", "queueName": "mail", "children": children})

    (change,) = operator.change(CANCEL, [f"mail/{parent}"])

    text = "removed from mail, where it was waiting-children; 2 jobs that it waits for are left"
    assert change == Change(f"mail/{parent}", True, text)
    library.ask("work", queue="mail")
    until(lambda: library.ask("counts", queue="mail")["completed"] == 2)
    assert library.ask("job", queue="mail", id=parent) is None


def test_the_parent_of_a_cancelled_child_runs(library: Library, operator: BullmqOperator) -> None:
    child = {"name": "ok", "queueName": "mail", "opts": {"jobId": "child"}}
    parent = library.ask("flow", flow={"name": "ok", "queueName": "mail", "children": [child]})

    (change,) = operator.change(CANCEL, ["mail/child"])

    assert change.text == "removed from mail, where it was wait; its parent does not wait for it any more"
    assert library.ask("state", queue="mail", id=parent) == "waiting"


def test_a_child_is_not_removed_where_its_parent_would_be_lost(start: Start, operator: BullmqOperator) -> None:
    library = start("bullmq5")
    child = {"name": "ok", "queueName": "mail", "opts": {"jobId": "child"}}
    parent = library.ask("flow", flow={"name": "ok", "queueName": "mail", "children": [child]})
    library.ask("pause", queue="mail")

    (change,) = operator.change(CANCEL, ["mail/child"])

    assert (change.done, change.word) == (False, "paused")
    assert "resume it first" in change.text
    assert library.ask("state", queue="mail", id=parent) == "waiting-children"


def test_a_job_without_a_parent_is_cancelled_in_a_paused_queue(library: Library, operator: BullmqOperator) -> None:
    job_id, other = (library.ask("add", queue="mail", name="ok") for _ in range(2))
    library.ask("pause", queue="mail")

    assert [change.done for change in operator.change(CANCEL, [f"mail/{job_id}"])] == [True]
    library.ask("resume", queue="mail")
    library.ask("work", queue="mail")
    until(lambda: library.ask("state", queue="mail", id=other) == "completed")


def test_jobs_that_run_or_are_dead_are_not_cancelled(site: Site, library: Library, operator: BullmqOperator) -> None:
    job_id = library.ask("add", queue="mail", name="hang")
    library.ask("work", queue="mail")
    until(lambda: library.ask("state", queue="mail", id=job_id) == "active")
    _failed(site, "dead")
    library.ask("add", queue="mail-dlq", name="ok", opts={"jobId": "kept"})

    assert list(operator.change(CANCEL, [f"mail/{job_id}", "mail/dead", "mail-dlq/kept", "mail/none"])) == [
        Change(
            f"mail/{job_id}",
            False,
            "it is active, and BullMQ takes no job from its worker: left alone",
            State.RUNNING,
            "active",
        ),
        Change(
            "mail/dead",
            False,
            "it is failed, and does not wait for a worker: left alone",
            State.DEAD_LETTER,
            "failed",
        ),
        Change(
            "mail-dlq/kept",
            False,
            "it is wait in mail-dlq, which holds dead letters, and does not wait for a worker: left alone",
            State.DEAD_LETTER,
            "wait",
        ),
        Change("mail/none", False, "there is no such job"),
    ]
    assert library.ask("state", queue="mail", id=job_id) == "active"


def test_the_next_job_of_a_scheduler_is_left_alone(library: Library, operator: BullmqOperator) -> None:
    job_id = library.ask("schedule", queue="mail", id="nightly", every=10**6)

    (change,) = operator.change(CANCEL, [f"mail/{job_id}"])

    assert (change.done, "removeJobScheduler" in change.text) == (False, True)
    assert library.ask("job", queue="mail", id=job_id) is not None


def test_dead_jobs_are_deleted_and_no_others(site: Site, library: Library, operator: BullmqOperator) -> None:
    _failed(site, "dead")
    library.ask("add", queue="mail-dlq", name="ok", opts={"jobId": "kept"})
    job_id = library.ask("add", queue="mail", name="ok")

    assert [change.done for change in operator.change(DELETE, ["mail/dead", "mail-dlq/kept", f"mail/{job_id}"])] == [
        True,
        True,
        False,
    ]
    assert library.ask("counts", queue="mail")["failed"] == 0
    assert library.ask("job", queue="mail-dlq", id="kept") is None
    assert library.ask("state", queue="mail", id=job_id) == "waiting"


def test_who_requeued_a_job_and_why_is_in_its_own_log(site: Site, library: Library, operator: BullmqOperator) -> None:
    _failed(site, "dead")
    library.ask("add", queue="mail-dlq", name="ok", opts={"jobId": "kept"})

    changes = list(operator.change(REQUEUE, ["mail/dead", "mail-dlq/kept"]))

    assert [change.audited for change in changes] == [True, True]
    for job_id in ("dead", "kept"):
        assert library.ask("logs", queue="mail", id=job_id) == ["jobqueue: requeued by ann: mended"]


@pytest.mark.parametrize("order", [CANCEL, DELETE, REQUEUE])
def test_a_dry_run_writes_nothing_and_tells_the_same(
    site: Site, library: Library, operator: BullmqOperator, order: Order
) -> None:
    _failed(site, "dead")
    library.ask("add", queue="mail-dlq", name="ok", opts={"jobId": "kept"})
    library.ask("add", queue="mail", name="ok", opts={"jobId": "new"})
    ids = ["mail/dead", "mail-dlq/kept", "mail/new", "mail/none"]
    before = {key: site.redis.dump(key) for key in _keys(site)}

    told = list(operator.change(replace(order, dry_run=True), ids))

    assert {key: site.redis.dump(key) for key in _keys(site)} == before
    assert [change.done for change in told] == [change.done for change in operator.change(order, ids)]
    assert all(change.text.startswith("would be ") for change in told if change.done)


def test_a_job_that_is_requeued_meanwhile_is_never_deleted(site: Site, start: Start, operator: BullmqOperator) -> None:
    library = start("bullmq6")
    ends = set()
    for trip in range(1, MOST_TRIPS):
        job_id = f"job-{trip}"
        _failed(site, job_id)
        retried: list[int] = []

        def retry(trips: int, job_id: str = job_id, trip: int = trip, retried: list[int] = retried) -> None:
            if trips == trip:
                library.ask("retry", queue="mail", id=job_id)
                retried.append(trips)

        with watched(retry):
            (change,) = operator.change(DELETE, [f"mail/{job_id}"])

        there = library.ask("job", queue="mail", id=job_id) is not None
        assert (change.done, there) == ((False, True) if retried else (True, False)), (trip, change)
        ends.add(change.done)
    assert ends == {True, False}


def test_a_dead_letter_that_two_requeue_at_once_is_given_back_once(site: Site, start: Start) -> None:
    library = start("bullmq6")
    one, other = (BullmqOperator(site.source("mail")) for _ in range(2))
    try:
        for trip in range(1, MOST_TRIPS):
            job_id = library.ask("add", queue="mail-dlq", name="ok", opts={"removeOnComplete": True})
            name = f"mail-dlq/{job_id}"
            told: list[Change] = []

            def race(trips: int, name: str = name, trip: int = trip, told: list[Change] = told) -> None:
                if trips == trip and not told:
                    told += other.change(REQUEUE, [name])
                    # As if a worker had run it at once, and left nothing.
                    library.ask("remove", queue="mail", id=name.replace("/", "-"))

            with watched(race):
                (change,) = one.change(REQUEUE, [name])

            assert [change.done, *(each.done for each in told)].count(True) == 1, (trip, change, told)
            assert library.ask("counts", queue="mail")["waiting"] == (0 if told else 1)
            library.ask("remove", queue="mail", id=name.replace("/", "-"))
    finally:
        one.close()
        other.close()


@pytest.mark.parametrize(("order", "said"), [(DELETE, [Change("mail/c", None, UNSURE)]), (REQUEUE, [])])
def test_what_was_done_when_redis_is_lost_half_way_is_said(order: Order, said: list[Change]) -> None:
    """A requeue still reads the job when the connection is lost, a deletion is being committed."""
    with RedisServer() as server, Library("bullmq6", server.url) as library:
        own = Site(server)
        operator = BullmqOperator(msgspec.structs.replace(own.source("mail"), timeout=1.0))
        for job_id in ("a", "b", "c", "d"):
            _failed(own, job_id)
        changes = operator.change(order, [f"mail/{job_id}" for job_id in ("a", "b", "c", "d")])
        assert next(changes).done
        with watched() as looks:
            assert next(changes).done

        def lose(trips: int) -> None:
            if trips == len(looks):
                os.kill(server.pid, signal.SIGSTOP)

        told: list[Change] = []
        try:
            with watched(lose), pytest.raises(SourceError, match=r"redis://.*: no answer within the time limit"):
                told.extend(changes)
        finally:
            os.kill(server.pid, signal.SIGCONT)
            operator.close()

        assert told == said
        assert "failed" not in [library.ask("state", queue="mail", id=job_id) for job_id in ("a", "b")]
        assert library.ask("state", queue="mail", id="d") == "failed"
        own.clear()
