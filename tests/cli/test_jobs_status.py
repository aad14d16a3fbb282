"""`jobqueue jobs status`, run as a person or a script runs it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from jobqueue_exporter.cli.documents.jobs import Detail
from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import UNREACHABLE, Pipeline, pipeline, read, run
from tests.engines.table.shop import Value


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"state": "queued", "created_at": -10}, "fine"),
        ({"state": "queued", "created_at": -100}, "waiting long"),
        ({"state": "queued", "run_at": 600}, "parked"),
        ({"state": "running", "locked_at": -5, "heartbeat_at": 0, "attempts": 1}, "fine"),
        ({"state": "running", "locked_at": -5, "heartbeat_at": 0, "attempts": 5}, "last attempt"),
        ({"state": "running", "locked_at": -905, "heartbeat_at": -900}, "stuck"),
        ({"state": "dead_letter"}, "dead"),
        ({"state": "completed"}, "done"),
    ],
)
def test_it_says_what_the_state_means(shop: Pipeline, values: dict[str, Value], word: str) -> None:
    job = str(uuid4())
    shop.jobs.add(**({"id": job, "kind": "A"} | values))
    found = read(Detail, "jobs", "status", job)
    assert (found.job.id, found.meaning.word) == (job, word)


def test_text_has_moments_absolute_and_relative_and_the_next_command(shop: Pipeline) -> None:
    job = shop.jobs.new(state="running", locked_at=-905, heartbeat_at=-900, locked_by="w1:7:1")
    result = run("jobs", "status", job)
    assert result.exit_code == 0
    assert "UTC (15m ago)" in result.stdout
    assert f"jobqueue jobs reclaim {job}" in result.stdout


def test_secrets_are_masked_unless_all_is_asked_for(shop: Pipeline) -> None:
    job = shop.jobs.new(state="dead_letter", payload='{"password": "hunter2"}', last_error="api_key=hunter3 refused")
    assert "hunter" not in run("jobs", "status", job).stdout
    assert "hunter" not in run("jobs", "status", job, "--output", "json").stdout
    assert "hunter2" in run("jobs", "status", job, "--full").stdout


@pytest.mark.parametrize("job", ["nope", "00000000-0000-0000-0000-000000000000", "' OR 1=1 --", "\x1b[31m"])
def test_an_unknown_id_names_the_sources_that_were_searched(shop: Pipeline, job: str) -> None:
    result = run("jobs", "status", "--", job)
    assert (result.stdout, result.exit_code) == ("", 1)
    assert result.stderr.startswith("there is no job ")
    assert result.stderr.endswith(" in shop\n")
    assert "\x1b" not in result.stderr


def test_a_source_that_could_not_be_asked_is_said(shop: Pipeline) -> None:
    shop.also("gone", UNREACHABLE)
    result = run("jobs", "status", "nope")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "there is no job nope in shop; not asked: gone"


def test_an_id_of_two_sources_wants_one_named(shop: Pipeline) -> None:
    shop.also("twin", shop.database.dsn)
    job = shop.jobs.new()
    assert run("jobs", "status", job).exit_code == 2
    assert read(Detail, "jobs", "status", job, "--source", "twin").job.source == "twin"
