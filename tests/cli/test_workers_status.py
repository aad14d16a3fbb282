"""`jobqueue workers status`: each thing that can be wrong with workers, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.cli import overview, worker_problems
from jobqueue_exporter.cli.documents.workers import Status
from jobqueue_exporter.cli.next_command import Commands
from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.model import Facts, Probes, Snapshot
from tests.cli.pipeline import UNREACHABLE, Pipeline, pipeline, read, run


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path, binaries=["ffmpeg"])


def problems(code: int = 0) -> list[str]:
    """The names of what is wrong, and whether each says what to do."""
    (one,) = read(Status, "workers", "status", code=code).sources
    assert all(problem.text and problem.steps for problem in one.problems)
    return [problem.name for problem in one.problems]


def late(shop: Pipeline) -> None:
    shop.jobs.add(2, kind="A", state="queued", created_at=-200)


def test_nothing_is_wrong_with_workers_that_work(shop: Pipeline) -> None:
    shop.worker("w1:7:1", ffmpeg=True)
    assert problems() == []


def test_jobs_wait_and_nobody_is_there(shop: Pipeline) -> None:
    late(shop)
    assert problems(code=1) == ["none"]


def test_a_worker_fell_silent(shop: Pipeline) -> None:
    shop.worker("w1:7:1", ffmpeg=True)
    shop.worker("w2:7:1", beat=-300, ffmpeg=True)
    assert problems() == ["stale"]


def test_a_program_is_missing(shop: Pipeline) -> None:
    shop.worker("w1:7:1", ffmpeg=False)
    assert problems(code=1) == ["missing binary"]


def test_slots_are_free_and_jobs_are_late(shop: Pipeline) -> None:
    late(shop)
    shop.worker("w1:7:1", slots=3, busy=1, ffmpeg=True)
    assert problems() == ["not claiming"]


def test_all_slots_are_busy_and_jobs_are_late(shop: Pipeline) -> None:
    late(shop)
    shop.worker("w1:7:1", slots=3, busy=3, ffmpeg=True)
    assert problems() == ["full"]


def test_no_live_worker_takes_from_the_queue(shop: Pipeline) -> None:
    late(shop)
    shop.worker("w1:7:1", queues=["mail"], ffmpeg=True)
    assert problems() == ["unserved"]


def test_a_worker_that_names_no_queue_may_take_from_any(shop: Pipeline) -> None:
    late(shop)
    shop.worker("w1:7:1", queues=[], ffmpeg=True)
    assert problems() == ["not claiming"]


def test_jobs_that_are_due_later_are_nothing_that_workers_do_wrong(shop: Pipeline) -> None:
    shop.jobs.add(2, kind="A", state="queued", run_at=600, created_at=-900)
    shop.worker("w1:7:1", ffmpeg=True)
    assert problems() == []


def test_without_a_heartbeat_table_idle_workers_cannot_be_told(shop: Pipeline) -> None:
    config = Path("jobqueue.yml")
    config.write_text(config.read_text().replace("{table: job_workers}", "false"))
    (one,) = read(Status, "workers", "status").sources
    assert [problem.name for problem in one.problems] == ["cannot tell"]
    assert "jobqueue sql heartbeats" in one.problems[0].steps[0]
    assert one.workers is None


def test_steps_are_of_the_configuration_that_was_named(shop: Pipeline) -> None:
    late(shop)
    shop.worker("w1:7:1", slots=3, busy=1, ffmpeg=True)
    (one,) = read(Status, "workers", "status", "--config", "jobqueue.yml").sources
    assert one.problems[0].steps[0].startswith("jobqueue jobs list --config jobqueue.yml --state pending shows")


@pytest.mark.parametrize("engine", ["readiness", "http-json", "bullmq"])
def test_a_source_that_is_no_database_is_given_no_step_that_only_one_can_go(engine: str) -> None:
    read_now = Snapshot(source="web", engine=engine, read_at=0, up=True, facts=Facts(probes=Probes(ready=True)))
    one = overview.source(read_now, Config(sources=(Source(name="web"),)), None)
    (problem,) = worker_problems.problems(one, Commands())
    assert problem.steps == ("Look at the workers where they run: from here they are not seen.",)


def test_a_source_that_cannot_be_read_is_a_failure(shop: Pipeline) -> None:
    shop.also("gone", UNREACHABLE)
    shop.worker("w1:7:1", ffmpeg=True)
    found = read(Status, "workers", "status", code=1)
    assert [[problem.name for problem in one.problems] for one in found.sources] == [[], ["unreadable"]]
    result = run("workers", "status")
    assert result.exit_code == 1
    assert "jobqueue doctor --source gone" in result.stdout
    assert "hunter2" not in result.output


def test_text_tells_heartbeat_slots_programs_and_steps(shop: Pipeline) -> None:
    late(shop)
    shop.worker("w1:7:1", slots=3, busy=1, ffmpeg=True)
    lines = run("workers", "status").stdout
    assert "workers   1 live, 0 stale, newest heartbeat" in lines
    assert "1 of 3 slots busy" in lines
    assert "programs  ffmpeg found on a live worker" in lines
    assert "not claiming: 1 worker is live with 2 of 3 slots free, and yet in jobs/A the oldest job has waited" in lines
    assert "  1. jobqueue jobs list --state pending" in lines
