"""Workers one by one, and what the role that we print may see of jobs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobqueue_exporter.config.types import Heartbeats, Source
from jobqueue_exporter.demo import schema
from jobqueue_exporter.engines import role
from jobqueue_exporter.engines.operations import WorkerProcess
from jobqueue_exporter.engines.sql.grants import ROLE
from jobqueue_exporter.engines.table import heartbeats
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from jobqueue_exporter.secret import Secret
from tests.engines.table.desk import listed, operating
from tests.engines.table.shop import Jobs, Shop


def _workers(shop: Shop, **options: object) -> list[WorkerProcess] | None:
    """The workers, their times as seconds from now in tens."""
    with operating(shop.database, **options) as operator:
        found, now = operator.workers(), operator.clock
        return None if found is None else [_dated(one, now) for one in found]


def _dated(one: WorkerProcess, now: float) -> WorkerProcess:
    def ago(at: float | None) -> float | None:
        return None if at is None else round(now - at, -1) or 0.0

    return replace(one, heartbeat_at=ago(one.heartbeat_at), started_at=ago(one.started_at))


def test_workers_are_those_of_the_heartbeat_table(shop: Shop, jobs: Jobs) -> None:
    shop.run(
        heartbeats.DDL,
        "INSERT INTO job_workers (worker_id, queues, started_at, heartbeat_at, slots, busy, version, binaries) VALUES"
        " ('old', '{}', now() - interval '1 day', now() - interval '600 s', 1, 0, NULL, '{}'),"
        " ('new', '{mail,video}', now() - interval '50 s', now(), 4, 2, '1.2', '{\"ffmpeg\": false}'),"
        " ('gone', '{}', now(), now() - interval '2 days', 1, 1, NULL, '{}'),"
        " ('forgotten', '{}', now(), now() - interval '2 days', 1, 1, NULL, '{}')",
    )
    held = sorted(jobs.new(state="running", locked_by="new") for _ in range(2))
    lost = jobs.new(state="running", locked_by="gone")
    jobs.new(state="completed", locked_by="old")

    assert _workers(shop) == [
        WorkerProcess(
            id="new",
            live=True,
            heartbeat_at=0.0,
            started_at=50.0,
            queues=("mail", "video"),
            slots=4,
            busy=2,
            version="1.2",
            binaries={"ffmpeg": False},
            jobs=tuple(held),
        ),
        WorkerProcess(id="old", live=False, heartbeat_at=600.0, started_at=86400.0, queues=(), slots=1, busy=0),
        WorkerProcess(
            id="gone", live=False, heartbeat_at=172800.0, started_at=0.0, queues=(), slots=1, busy=1, jobs=(lost,)
        ),
    ]


def test_without_such_a_table_workers_are_those_that_hold_jobs(shop: Shop, jobs: Jobs) -> None:
    live = sorted(jobs.new(state="running", locked_by="a", heartbeat_at=beat) for beat in (0, -900))
    stale = jobs.new(state="running", locked_by="b", heartbeat_at=-900)
    jobs.new(state="running", locked_by=None)

    assert _workers(shop) == [
        WorkerProcess(id="a", live=True, heartbeat_at=0.0, busy=2, jobs=tuple(live)),
        WorkerProcess(id="b", live=False, heartbeat_at=900.0, busy=1, jobs=(stale,)),
    ]


def test_no_worker_can_be_seen_where_no_job_runs(shop: Shop, jobs: Jobs) -> None:
    jobs.new()

    assert _workers(shop) is None


def test_a_heartbeat_table_that_is_configured_and_cannot_be_read_is_said(shop: Shop, jobs: Jobs) -> None:
    with pytest.raises(Refused, match="no_such_table"):
        _workers(shop, heartbeats=Heartbeats(table="no_such_table"))


@pytest.fixture
def printed(shop: Shop) -> Shop:
    """The tables of system A under row-level security, and the role that we print for them."""
    schema.create_tables(shop.database.connection)
    shop.run("ALTER TABLE jobs ENABLE ROW LEVEL SECURITY", "ALTER TABLE job_events ENABLE ROW LEVEL SECURITY")
    shop.run(*role(Source(name="shop", dsn=Secret(shop.database.dsn))))
    shop.run(
        "INSERT INTO jobs (workspace_id, kind, state, payload, last_error, run_at)"
        " SELECT gen_random_uuid(), 'A', 'dead_letter', '{\"token\": 1}', 'boom', now() FROM generate_series(1, 3)",
        "INSERT INTO job_events (job_id, stage, data) SELECT id, 'failed', '{\"a\": 1}' FROM jobs",
        "INSERT INTO job_workers (worker_id) VALUES ('w')",
    )
    return shop


def test_the_printed_role_lists_and_shows_jobs_and_workers_without_what_they_carry(printed: Shop) -> None:
    found = listed(printed.database, State.DEAD_LETTER, ROLE, whole=True, kind="A", match="BOOM")
    with operating(printed.database, ROLE) as operator:
        looked = list(operator.look([job.id for job in found]))
        detail = operator.inspect(found[0].id)
        workers = operator.workers()

    assert (len(found), {job.error for job in looked}) == (3, {"boom"})
    assert not any("token" in job.row for job in found)
    assert detail is not None
    assert detail.payload == ""
    assert [(event.what, event.text) for event in detail.events or ()] == [("failed", "")]
    assert "workspace_id, priority, payload, result of public.jobs" in detail.more["not readable"]
    assert workers is not None
    assert [worker.id for worker in workers] == ["w"]
