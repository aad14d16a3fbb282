"""`jobqueue jobs list`, run as a person or a script runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.cli.documents.job_list import JobList
from jobqueue_exporter.demo.database import Database
from tests.cli.pipeline import UNREACHABLE, Pipeline, pipeline, read, run


@pytest.fixture
def shop(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    monkeypatch.chdir(tmp_path)
    return pipeline(database, tmp_path)


def listed(*arguments: str) -> list[tuple[str | None, str]]:
    """State and kind of the jobs that are listed."""
    return [(job.state, job.kind) for job in read(JobList, "jobs", "list", *arguments).jobs]


def some(shop: Pipeline) -> None:
    shop.jobs.add(kind="A", state="queued", created_at=-10)
    shop.jobs.add(kind="B", state="queued", run_at=600)
    shop.jobs.add(kind="C", state="running", locked_by="w1:7:1", heartbeat_at=0, locked_at=-5)
    shop.jobs.add(kind="D", state="running", locked_by="w2:7:1", heartbeat_at=-900, locked_at=-905)
    shop.jobs.add(kind="E", state="dead_letter", updated_at=-30)
    shop.jobs.add(kind="F", state="completed", updated_at=-30)


def test_all_that_live_are_listed_but_the_dead(shop: Pipeline) -> None:
    some(shop)
    assert sorted(listed(), key=str) == [("pending", "A"), ("running", "C"), ("running", "D"), ("scheduled", "B")]


def test_states_may_be_named_the_dead_too(shop: Pipeline) -> None:
    some(shop)
    assert listed("--state", "dead_letter", "--state", "pending") == [("dead_letter", "E"), ("pending", "A")]


def test_stuck_lists_running_jobs_whose_worker_is_lost(shop: Pipeline) -> None:
    some(shop)
    assert listed("--stuck") == [("running", "D")]


def test_kind_and_age_narrow_it(shop: Pipeline) -> None:
    some(shop)
    assert listed("--state", "running", "--older-than", "10m") == [("running", "D")]
    assert listed("--kind", "A") == [("pending", "A")]


def test_the_next_page_is_what_the_command_for_it_prints(shop: Pipeline) -> None:
    for age in range(5):
        shop.jobs.add(kind="A", state="queued", created_at=-10 * age)
    arguments, seen, pages = ["--state", "pending", "--limit", "2"], [], 0
    while True:
        found = read(JobList, "jobs", "list", *arguments)
        seen += [job.id for job in found.jobs]
        pages += 1
        if not found.more:
            break
        arguments = found.more[0].command.split()[3:]
    assert (len(seen), len(set(seen)), pages) == (5, 5, 3)
    assert (
        "more: jobqueue jobs list --state pending --limit 2 --after "
        in run("jobs", "list", "--state", "pending", "--limit", "2").stderr
    )


def test_of_a_source_that_could_not_be_read_nothing_is_said_to_be_missing(shop: Pipeline) -> None:
    text = Path("jobqueue.yml").read_text()
    Path("jobqueue.yml").write_text(text.replace(shop.database.dsn, UNREACHABLE))
    result = run("jobs", "list")
    assert (result.exit_code, "no such jobs" in result.stderr) == (1, False)


def test_the_next_page_is_of_the_configuration_that_was_named(shop: Pipeline) -> None:
    shop.jobs.add(2, kind="A", state="queued", created_at=-10)
    found = read(JobList, "jobs", "list", "--config", "jobqueue.yml", "--limit", "1")
    assert found.more[0].command.startswith("jobqueue jobs list --config jobqueue.yml --state pending --limit 1")


def test_none_is_said_on_stderr_and_is_no_failure(shop: Pipeline) -> None:
    result = run("jobs", "list")
    assert (result.stdout, result.stderr, result.exit_code) == ("", "no such jobs\n", 0)


def test_a_source_that_cannot_be_asked_is_told_and_the_rest_is_listed(shop: Pipeline) -> None:
    some(shop)
    shop.also("gone", UNREACHABLE)
    found = read(JobList, "jobs", "list", "--state", "pending", code=1)
    assert ([job.source for job in found.jobs], found.failed) == (["shop"], ("gone",))
    assert "hunter2" not in run("jobs", "list").output


@pytest.mark.parametrize(
    "arguments",
    [["--after", "7"], ["--stuck", "--state", "pending"], ["--state", "sleeping"], ["--limit", "0"]],
)
def test_options_that_do_not_go_together_are_wrong_usage(shop: Pipeline, arguments: list[str]) -> None:
    assert run("jobs", "list", *arguments).exit_code == 2


def test_ids_are_whole_when_piped_and_hostile_names_harmless(shop: Pipeline) -> None:
    job = shop.jobs.new(kind="\x1b[2J[red]evil")
    text = run("jobs", "list").stdout
    assert job in text
    assert "[red]evil" in text
    assert "\x1b" not in text


def test_a_state_whose_age_cannot_be_told_does_not_hide_the_others(shop: Pipeline) -> None:
    some(shop)
    shop.jobs.add(kind="G", state="queued", attempts=1, run_at=600)
    told = run("jobs", "list", "--older-than", "5s")
    assert (told.exit_code, "no such jobs" in told.stderr) == (0, False)
    assert all(kind in told.stdout for kind in ("A", "D"))
    assert "since when jobs of public.jobs are retrying cannot be told" in told.stderr


def test_a_state_whose_age_cannot_be_told_alone_is_a_failure(shop: Pipeline) -> None:
    some(shop)
    told = run("jobs", "list", "--older-than", "5s", "--state", "retrying")
    assert (told.exit_code, told.stdout) == (1, "")
    assert "no such jobs" not in told.stderr
