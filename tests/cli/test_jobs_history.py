"""`jobqueue jobs history`, run as a person or a script runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.cli.documents.history import History
from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import Pipeline, pipeline, read, run
from tests.engines.table.shop import Shop


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path)


def test_events_are_told_in_order_with_the_time_between(shop: Pipeline) -> None:
    job = shop.jobs.new(state="completed", created_at=-300, updated_at=-100)
    Shop(shop.database).events((job, "enqueued", -300), (job, "claimed", -280), (job, "finished", -100))
    found = read(History, "jobs", "history", job)
    steps = [(step.what, step.after_seconds and round(step.after_seconds, -1)) for step in found.steps]
    assert (found.source, found.id, found.state, found.told_by) == ("shop", job, None, "events")
    assert [step for step in steps if step[0] in ("enqueued", "claimed", "finished")] == [
        ("enqueued", None),
        ("claimed", 20.0),
        ("finished", 180.0),
    ]


def test_without_events_the_row_tells_and_it_says_so(shop: Pipeline) -> None:
    job = shop.jobs.new(state="running", created_at=-300, locked_at=-200, heartbeat_at=-5, locked_by="w1:7:1")
    found = read(History, "jobs", "history", job)
    assert (found.told_by, [step.what for step in found.steps]) == ("row", ["created", "started", "last heartbeat"])
    assert "Told by the row of the job alone: there are no events of it." in run("jobs", "history", job).stdout


def test_a_secret_in_an_error_is_masked(shop: Pipeline) -> None:
    job = shop.jobs.new(state="dead_letter", updated_at=-5, last_error="password=hunter2 refused")
    assert "hunter2" not in run("jobs", "history", job).stdout


def test_an_unknown_id_is_a_failure_that_names_the_source(shop: Pipeline) -> None:
    result = run("jobs", "history", "nope")
    assert (result.stdout, result.stderr, result.exit_code) == ("", "there is no job nope in shop\n", 1)
