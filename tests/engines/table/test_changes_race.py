"""Others are at the same jobs at the very same moment: nothing is done twice, and nothing overwritten."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest

from jobqueue_exporter.engines.operations import Change, Operation
from jobqueue_exporter.engines.table.changes import Changes
from jobqueue_exporter.model import State
from tests.deadline import until
from tests.engines.table.orders import changed, order, row, source_of, states
from tests.engines.table.shop import Jobs, Shop

LOCKED = "another transaction has locked it: left alone"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@contextmanager
def other(shop: Shop, statement: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody whose transaction has sent this, and is not at its end."""
    with psycopg.connect(shop.database.dsn) as connection:
        connection.execute(statement.encode())
        yield connection


def test_two_terminals_requeue_the_same_jobs_and_each_job_is_requeued_once(shop: Shop, jobs: Jobs) -> None:
    jobs.new()
    ids = [jobs.new(state="dead_letter") for _ in range(300)]
    both = threading.Barrier(4)

    def terminal() -> list[Change]:
        with closing(Changes(source_of(shop))) as changes:
            list(changes.change(order(Operation.REQUEUE, dry_run=True), ids))
            both.wait(20)
            return list(changes.change(order(Operation.REQUEUE), ids))

    with ThreadPoolExecutor(4) as pool:
        told = [task.result() for task in [pool.submit(terminal) for _ in range(4)]]
    for place, job in enumerate(ids):
        answers = [found[place] for found in told]
        assert [change.id for change in answers] == [job] * 4
        assert [change.done for change in answers].count(True) == 1
        left = {change.text for change in answers if not change.done}
        assert left <= {LOCKED, "it is queued, not dead: left alone"}
    assert states(jobs, ids) == ["queued"] * 300
    assert shop.database.connection.execute("SELECT count(*) FROM job_events").fetchall() == [(300,)]


def test_one_that_another_is_requeueing_is_left_to_it(shop: Shop, jobs: Jobs) -> None:
    jobs.new()
    held, free = jobs.new(state="dead_letter"), jobs.new(state="dead_letter")
    with other(shop, f"UPDATE jobs SET state = 'queued', attempts = 0 WHERE id = '{held}'"):
        first, second = changed(shop, Operation.REQUEUE, held, free)
    assert first == Change(held, False, LOCKED, State.DEAD_LETTER, "dead_letter")
    assert second.done


@pytest.mark.parametrize("operation", [Operation.RECLAIM, Operation.CANCEL])
def test_one_that_its_worker_finishes_at_that_moment_stays_finished(
    shop: Shop, jobs: Jobs, operation: Operation
) -> None:
    jobs.new()
    lost = jobs.new(state="running", locked_by="w1", heartbeat_at=-900)
    waits = jobs.new()
    job, now = (lost, State.RUNNING) if operation is Operation.RECLAIM else (waits, State.PENDING)
    with other(shop, f"UPDATE jobs SET state = 'done', locked_by = NULL WHERE id = '{job}'") as worker:
        (change,) = changed(shop, operation, job)
        worker.commit()
    assert (change.done, change.text, change.state) == (False, LOCKED, now)
    assert states(jobs, [job]) == ["done"]


def test_one_that_a_worker_claims_while_it_is_called_off_is_one_or_the_other(shop: Shop, jobs: Jobs) -> None:
    ids = [jobs.new() for _ in range(400)]
    start = threading.Barrier(2)
    claim = (
        "UPDATE jobs SET state = 'running', locked_by = 'w1', heartbeat_at = now() WHERE id = (SELECT id FROM jobs "
        "WHERE state = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id::text"
    )

    def worker() -> set[str]:
        claimed: set[str] = set()
        with psycopg.connect(shop.database.dsn, autocommit=True) as connection:
            start.wait(20)
            while found := connection.execute(claim.encode()).fetchall():
                claimed.add(found[0][0])
        return claimed

    with ThreadPoolExecutor(1) as pool, closing(Changes(source_of(shop))) as changes:
        claims = pool.submit(worker)
        start.wait(20)
        told = [
            change for at in range(0, 400, 20) for change in changes.change(order(Operation.CANCEL), ids[at : at + 20])
        ]
        claimed = claims.result()
    cancelled = {change.id for change in told if change.done}
    left = {job for job, state in zip(ids, states(jobs, ids), strict=True) if state == "running"}
    assert (cancelled & claimed, cancelled | claimed) == (set(), set(ids))
    assert left == claimed


def test_a_heartbeat_that_comes_in_between_keeps_the_job_with_its_worker(shop: Shop, jobs: Jobs) -> None:
    """The row is found lost, and its worker beats before it is locked."""
    jobs.new()
    job = jobs.new(state="running", locked_by="w1", heartbeat_at=-900)
    # Held up between the look at the row and its lock, by a lock on the table that only a change waits for.
    with (
        ThreadPoolExecutor(1) as pool,
        other(shop, "LOCK TABLE jobs IN EXCLUSIVE MODE") as worker,
    ):
        reclaim = pool.submit(changed, shop, Operation.RECLAIM, job)
        until(lambda: shop.database.connection.execute(WAITING).fetchall() == [(1,)])
        worker.execute("UPDATE jobs SET heartbeat_at = clock_timestamp()")
        worker.commit()
        (change,) = reclaim.result()
    assert (change.done, change.state) == (False, State.RUNNING)
    assert change.text.startswith("its worker gave a sign of life 0 s ago")
    assert row(jobs, job, "state", "locked_by") == ("running", "w1")


def test_one_whose_events_are_being_written_is_not_taken_for_locked(shop: Shop, jobs: Jobs) -> None:
    shop.run("ALTER TABLE job_events ADD FOREIGN KEY (job_id) REFERENCES jobs")
    jobs.new()
    job = jobs.new(state="dead_letter")
    with other(shop, f"INSERT INTO job_events (job_id, stage) VALUES ('{job}', 'seen')"):
        (change,) = changed(shop, Operation.REQUEUE, job)
    assert change.done
