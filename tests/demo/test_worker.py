"""What a simulated worker does to the rows, turn by turn, on a clock of our own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.demo.keeper import Keeper
from jobqueue_exporter.demo.scenarios import SCENARIOS, Scenario
from jobqueue_exporter.demo.worker import Worker

LONG = 60.0
POISON = SCENARIOS["poison"]
ENQUEUE = "INSERT INTO jobs (workspace_id, kind, run_at, payload) VALUES (gen_random_uuid(), %s, %s, %s)"


@dataclass(slots=True)
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def jobs(database: Database) -> Database:
    schema.create_tables(database.connection)
    return database


def enqueue(database: Database, kind: str, *, run_at: str | None = None, payload: str = "{}") -> None:
    database.connection.execute(ENQUEUE, (kind, run_at, payload))


def rows(database: Database, columns: str) -> list[tuple[Any, ...]]:
    return database.connection.execute(f"SELECT {columns} FROM jobs ORDER BY created_at".encode()).fetchall()


def stages(database: Database) -> list[str]:
    found = database.connection.execute("SELECT stage FROM job_events ORDER BY created_at").fetchall()
    return [stage for (stage,) in found]


def worker(clock: Clock, scenario: Scenario = POISON) -> Worker:
    return Worker(1, scenario, Random(1), clock)


def test_a_claimed_job_is_locked_beaten_upon_and_then_completed(jobs: Database) -> None:
    clock = Clock()
    enqueue(jobs, "TRANSCRIBE")
    one = worker(clock)
    one.turn(jobs.connection)
    held = "state, attempts, locked_by IS NOT NULL, heartbeat_at >= locked_at"
    assert rows(jobs, held) == [("running", 1, True, True)]
    clock.now = LONG
    one.turn(jobs.connection)
    ended = "state, attempts, result, error, locked_by, locked_at, heartbeat_at"
    assert rows(jobs, ended) == [("completed", 1, {"ok": True}, None, None, None, None)]
    assert stages(jobs) == ["claimed", "finished"]


def test_a_job_that_is_due_later_is_left_alone(jobs: Database) -> None:
    enqueue(jobs, "TRANSCRIBE", run_at="2200-01-01")
    worker(Clock()).turn(jobs.connection)
    assert rows(jobs, "state, attempts") == [("queued", 0)]


def test_no_more_jobs_are_claimed_than_there_are_slots(jobs: Database) -> None:
    for _ in range(5):
        enqueue(jobs, "TRANSCRIBE")
    worker(Clock()).turn(jobs.connection)
    assert sorted(rows(jobs, "state")) == [("queued",)] * 2 + [("running",)] * 3


def test_two_workers_never_take_the_same_job(jobs: Database) -> None:
    enqueue(jobs, "TRANSCRIBE")
    first, second = Worker(1, POISON, Random(1), Clock()), Worker(2, POISON, Random(2), Clock())
    first.turn(jobs.connection)
    second.turn(jobs.connection)
    assert stages(jobs) == ["claimed"]


def test_a_failed_attempt_is_queued_again_for_later_with_its_error(jobs: Database) -> None:
    clock = Clock()
    enqueue(jobs, "PUBLISH_TIKTOK")
    one = worker(clock)
    one.turn(jobs.connection)
    clock.now = LONG
    one.turn(jobs.connection)
    assert rows(jobs, "state, attempts, run_at > now(), locked_by, last_error") == [
        ("queued", 1, True, None, "HTTP 401 Unauthorized: TikTok access token expired")
    ]
    assert stages(jobs) == ["claimed", "failed"]


def test_the_last_failed_attempt_makes_a_dead_letter_that_tells_all(jobs: Database) -> None:
    clock = Clock()
    enqueue(jobs, "PUBLISH_TIKTOK")
    jobs.connection.execute("UPDATE jobs SET attempts = 4")
    one = worker(clock)
    one.turn(jobs.connection)
    clock.now = LONG
    one.turn(jobs.connection)
    message = "HTTP 401 Unauthorized: TikTok access token expired"
    ((state, attempts, last_error, error),) = rows(jobs, "state, attempts, last_error, error")
    assert (state, attempts, last_error) == ("dead_letter", 5, message)
    assert error.pop("failed_at")
    assert error.pop("worker_id").startswith("worker-1:")
    assert error == {"message": message, "code": "HTTP_401", "attempts": 5, "max_attempts": 5}
    ((data,),) = jobs.connection.execute("SELECT data FROM job_events WHERE stage = 'failed'").fetchall()
    assert data == {"error": message, "code": "HTTP_401", "attempts": 5, "max_attempts": 5}


def test_a_job_with_a_flaw_fails_wherever_it_runs(jobs: Database) -> None:
    clock = Clock()
    enqueue(jobs, "TRANSCRIBE", payload='{"flaw": "HTTP_404"}')
    one = worker(clock)
    one.turn(jobs.connection)
    clock.now = LONG
    one.turn(jobs.connection)
    assert rows(jobs, "state, last_error") == [("queued", "HTTP 404: source video not found in bucket uploads")]


def test_a_worker_that_dies_leaves_its_job_running_and_comes_back_under_another_name(jobs: Database) -> None:
    clock = Clock()
    enqueue(jobs, "TRANSCRIBE")
    one = worker(clock, replace(POISON, dies_every_seconds=1.0))
    one.turn(jobs.connection)
    clock.now = LONG
    one.turn(jobs.connection)
    assert rows(jobs, "state, attempts") == [("running", 1)]
    (names,) = jobs.connection.execute("SELECT count(*), sum(busy) FROM job_workers").fetchall()
    assert names == (2, 1)


def test_a_stuck_job_is_recovered_and_its_worker_can_no_longer_end_it(jobs: Database) -> None:
    clock = Clock()
    enqueue(jobs, "TRANSCRIBE")
    one = worker(clock)
    one.turn(jobs.connection)
    jobs.connection.execute("UPDATE jobs SET heartbeat_at = now() - interval '1 hour'")
    Keeper(POISON).turn(jobs.connection)
    after = [("queued", "lease expired: the worker stopped sending heartbeats")]
    assert rows(jobs, "state, last_error") == after
    clock.now = LONG
    jobs.connection.execute("UPDATE jobs SET run_at = '2200-01-01'")
    one.turn(jobs.connection)
    assert rows(jobs, "state, last_error") == after


def test_old_rows_are_deleted_with_their_events_and_live_ones_stay(jobs: Database) -> None:
    for state in ("completed", "dead_letter", "queued", "running"):
        jobs.connection.execute(
            "WITH job AS (INSERT INTO jobs (workspace_id, kind, state, updated_at, heartbeat_at)"
            " VALUES (gen_random_uuid(), 'TRANSCRIBE', %s, now() - interval '3 hours', now()) RETURNING id)"
            " INSERT INTO job_events (job_id, stage) SELECT id, 'enqueued' FROM job",
            (state,),
        )
    Keeper(POISON).turn(jobs.connection)
    assert sorted(rows(jobs, "state")) == [("queued",), ("running",)]
    assert stages(jobs) == ["enqueued", "enqueued"]
