"""The first look at each scenario shows what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import psycopg
import pytest

from jobqueue_exporter.demo import schema
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.demo.scenarios import LEASE_SECONDS, SCENARIOS
from jobqueue_exporter.demo.seed import seed
from jobqueue_exporter.demo.workload import Workload

LEASE = f"interval '{LEASE_SECONDS} seconds'"
PENDING = "state = 'queued' AND (run_at IS NULL OR run_at <= now())"
OLDEST_PENDING = f"SELECT extract(epoch FROM now() - min(run_at)) FROM jobs WHERE {PENDING}"
LIVE_WORKERS = f"SELECT count(*) FROM job_workers WHERE heartbeat_at > now() - {LEASE}"
SILENT_WORKERS = f"SELECT count(*) FROM job_workers WHERE heartbeat_at < now() - {LEASE}"
STUCK = f"SELECT count(*) FROM jobs WHERE state = 'running' AND heartbeat_at < now() - {LEASE}"
DEAD = "SELECT count(*) FROM jobs WHERE state = 'dead_letter' AND kind = '{}'"
DEAD_AT_ALL = "SELECT count(*) FROM jobs WHERE state = 'dead_letter'"


@contextmanager
def opened(name: str, database: Database) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    scenario = SCENARIOS[name]
    schema.create_tables(database.connection)
    seed(database.connection, scenario, Random(1))
    with Workload(database.dsn, scenario, seed=1):
        yield database.connection


def number(connection: psycopg.Connection[tuple[Any, ...]], query: str) -> float:
    (value,) = connection.execute(query).fetchone() or (0,)
    return float(value or 0)


def test_healthy_has_live_workers_and_nothing_stuck_or_late(database: Database) -> None:
    with opened("healthy", database) as connection:
        assert number(connection, LIVE_WORKERS) == 3
        assert number(connection, SILENT_WORKERS) == 0
        assert number(connection, STUCK) == 0
        assert number(connection, OLDEST_PENDING) < 30
        assert number(connection, DEAD_AT_ALL) == 3


def test_no_workers_has_old_pending_jobs_and_nobody_alive(database: Database) -> None:
    with opened("no-workers", database) as connection:
        assert number(connection, LIVE_WORKERS) == 0
        assert number(connection, SILENT_WORKERS) == 3
        assert number(connection, OLDEST_PENDING) > 700
        assert number(connection, f"SELECT count(*) FROM jobs WHERE {PENDING}") >= 240
        assert number(connection, "SELECT count(*) FROM jobs WHERE state = 'running'") == 0
        worked = "SELECT min(extract(epoch FROM now() - created_at)) FROM job_events WHERE stage = 'finished'"
        assert number(connection, worked) > 700


def test_stuck_has_running_jobs_whose_worker_is_silent(database: Database) -> None:
    with opened("stuck", database) as connection:
        assert number(connection, STUCK) == 5
        assert number(connection, LIVE_WORKERS) == 3
        assert number(connection, SILENT_WORKERS) == 2


def test_poison_has_one_kind_full_of_dead_letters(database: Database) -> None:
    with opened("poison", database) as connection:
        assert number(connection, DEAD.format("PUBLISH_TIKTOK")) == 110
        assert number(connection, DEAD_AT_ALL) == 111


def test_backlog_has_old_pending_jobs_though_a_worker_is_busy(database: Database) -> None:
    with opened("backlog", database) as connection:
        assert number(connection, LIVE_WORKERS) == 1
        assert number(connection, "SELECT count(*) FROM jobs WHERE state = 'running'") == 3
        assert number(connection, f"SELECT count(*) FROM jobs WHERE {PENDING}") > 400
        assert number(connection, OLDEST_PENDING) > 400


def test_ffmpeg_missing_is_reported_by_every_worker_and_has_killed_jobs(database: Database) -> None:
    with opened("ffmpeg-missing", database) as connection:
        binaries = connection.execute("SELECT DISTINCT binaries FROM job_workers").fetchall()
        assert binaries == [({"ffmpeg": False, "yt-dlp": True},)]
        died = connection.execute(
            "SELECT kind, last_error, count(*) FROM jobs WHERE state = 'dead_letter' GROUP BY 1, 2"
        ).fetchall()
        assert died == [("CLIP_RENDER", "ffmpeg: command not found", 24)]


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_seeded_agrees_with_its_own_events(database: Database, name: str) -> None:
    schema.create_tables(database.connection)
    seed(database.connection, SCENARIOS[name], Random(1))
    wrong = database.connection.execute(
        """
        SELECT state, attempts FROM jobs
        JOIN (SELECT job_id, count(*) FILTER (WHERE stage = 'enqueued') AS enqueued,
                     count(*) FILTER (WHERE stage = 'claimed') AS claimed,
                     count(*) FILTER (WHERE stage = 'failed') AS failed,
                     count(*) FILTER (WHERE stage = 'finished') AS finished,
                     max(created_at) AS latest
              FROM job_events GROUP BY job_id) AS e ON job_id = id
        WHERE enqueued <> 1 OR claimed <> attempts OR latest > now()
           OR finished <> (state = 'completed')::int
           OR failed <> CASE WHEN state IN ('completed', 'running') THEN attempts - 1 ELSE attempts END
        """
    ).fetchall()
    assert wrong == []
    jobs, told = database.connection.execute(
        "SELECT count(*), (SELECT count(DISTINCT job_id) FROM job_events) FROM jobs"
    ).fetchone() or (0, 0)
    assert jobs == told
