"""`jobqueue workers list`, run as a person or a script runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.cli.documents.workers import Workers
from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import UNREACHABLE, Pipeline, pipeline, read, run


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path)


def test_every_worker_is_listed_the_newest_heartbeat_first(shop: Pipeline) -> None:
    shop.worker("w2:7:1", beat=-300)
    shop.worker("w1:7:1", slots=3, busy=1, queues=["jobs", "mail"], ffmpeg=False)
    job = shop.jobs.new(state="running", locked_by="w1:7:1", locked_at=-5, heartbeat_at=0)
    (one,) = read(Workers, "workers", "list").sources
    assert one.workers is not None
    first, second = one.workers
    assert (first.id, first.live, first.slots, first.busy, first.jobs) == ("w1:7:1", True, 3, 1, (job,))
    assert (first.queues, first.binaries) == (("jobs", "mail"), {"ffmpeg": False})
    assert (second.id, second.live, second.jobs) == ("w2:7:1", False, ())


def test_text_is_a_row_each_without_columns_of_which_nothing_is_known(shop: Pipeline) -> None:
    shop.worker("w2:7:1", beat=-300)
    lines = [line.split() for line in run("workers", "list").stdout.splitlines()]
    assert lines == [
        ["id", "state", "heartbeat", "busy", "queues"],
        ["w2:7:1", "stale", "5m", "ago", "0/3", "jobs"],
    ]


def test_where_none_can_be_seen_it_says_so(shop: Pipeline) -> None:
    result = run("workers", "list")
    assert (result.stdout, result.stderr, result.exit_code) == ("", "shop: no worker is known\n", 0)


def test_a_source_that_cannot_be_asked_is_told_and_the_rest_is_listed(shop: Pipeline) -> None:
    shop.worker("w1:7:1")
    shop.also("gone", UNREACHABLE)
    result = run("workers", "list")
    assert result.exit_code == 1
    assert "w1:7:1" in result.stdout
    assert "gone: " in result.stderr
    assert "hunter2" not in result.output


def test_a_hostile_name_is_harmless(shop: Pipeline) -> None:
    shop.worker("\x1b[2J[red]evil")
    text = run("workers", "list").stdout
    assert "[red]evil" in text
    assert "\x1b" not in text
