"""`jobqueue ready`, run as a person or a script runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.cli import core_readers, verdicts
from jobqueue_exporter.cli.documents.ready import Ready
from jobqueue_exporter.cli.snapshots import snapshots
from jobqueue_exporter.config.load import load
from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import UNREACHABLE, Pipeline, pipeline, read, run


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path)


def test_an_empty_queue_is_ready(shop: Pipeline) -> None:
    result = run("ready")
    assert (result.stdout, result.exit_code) == ("shop: ok\n", 0)


def test_a_warning_is_no_failure_and_says_what_it_is(shop: Pipeline) -> None:
    shop.jobs.add(state="dead_letter")
    result = run("ready")
    first, *checks = result.stdout.splitlines()
    assert (first, [check.split()[:2] for check in checks], result.exit_code) == (
        "shop: warning",
        [["dlq", "warning"]],
        0,
    )


def test_a_source_that_cannot_be_read_fails_and_the_others_are_still_told(shop: Pipeline) -> None:
    shop.also("gone", UNREACHABLE)
    result = run("ready")
    assert result.stdout.startswith("overall: failed\nshop: ok\ngone: failed\n  db        failed   postgresql://me@")
    assert (len(result.stdout.splitlines()), result.stderr, result.exit_code) == (4, "", 1)


def test_detail_names_every_check_and_hides_the_password(shop: Pipeline) -> None:
    shop.also("gone", UNREACHABLE)
    result = run("ready", "--detail", "--source", "gone")
    lines = [line.split() for line in result.stdout.splitlines()[1:]]
    assert [line[:2] for line in lines] == [
        ["db", "failed"],
        ["worker", "unknown"],
        ["queue", "unknown"],
        ["dlq", "unknown"],
        ["binary", "unknown"],
    ]
    assert "hunter2" not in result.output


def test_jobs_that_nobody_takes_past_their_objective_are_a_failure(shop: Pipeline) -> None:
    shop.jobs.add(state="queued", kind="A", created_at=-100)
    found = read(Ready, "ready", code=1)
    assert (found.ok, found.status) == (False, "failed")
    assert {check.name: check.status for check in found.sources[0].checks} == {
        "db": "ok",
        "worker": "failed",
        "queue": "warning",
        "dlq": "ok",
        "binary": "ok",
    }


def test_it_reads_no_more_than_the_verdict_needs(shop: Pipeline) -> None:
    shop.jobs.add(state="dead_letter")
    config = load(None, {})
    (whole,), (core,) = snapshots(config, ()), snapshots(config, (), core_readers.reader)
    assert [one.name for one in whole.collectors] == ["jobs", "workers", "dead_letters"]
    assert [one.name for one in core.collectors] == ["jobs", "workers"]
    assert [check.status for check in verdicts.of(core, config).checks] == [
        check.status for check in verdicts.of(whole, config).checks
    ]


def test_an_unknown_source_is_wrong_usage(shop: Pipeline) -> None:
    result = run("ready", "--source", "nope")
    assert (result.exit_code, result.stderr) == (2, "--source nope: no such source; there are: shop\n")
