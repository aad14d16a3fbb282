from __future__ import annotations

import shlex
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from jobqueue_exporter.cli.documents.job_list import JobList
from jobqueue_exporter.demo.database import Database
from tests.cli.graves import NOBODY_LISTENS, bury, dlq, dug, with_grave_table, written


@pytest.fixture
def config(database: Database, tmp_path: Path) -> Path:
    return dug(database, tmp_path)


def listed(result: Result) -> JobList:
    return msgspec.json.decode(result.stdout, type=JobList)


def test_dead_jobs_are_listed_with_their_errors(config: Path, database: Database) -> None:
    bury(database, 1, error="timeout calling redis://app:hunter2@cache:6379")
    found = dlq(config, "list")
    assert (found.exit_code, found.stderr) == (0, "")
    assert [" ".join(line.split()) for line in found.stdout.splitlines()] == [
        "id kind attempts died cause error",
        "1 MAIL 5/5 2h ago recoverable timeout calling redis://app:***@cache:6379",
    ]


def test_a_queue_without_dead_jobs_is_no_failure(config: Path) -> None:
    found = dlq(config, "list")
    assert (found.exit_code, found.stdout, found.stderr) == (0, "No dead jobs.\n", "")


def test_no_job_that_fits_is_no_failure(config: Path, database: Database) -> None:
    bury(database, 1)
    found = dlq(config, "list", "--kind", "NONE")
    assert (found.exit_code, found.stdout) == (0, "No such jobs.\n")


def test_the_command_for_the_next_page_goes_on_to_the_end(config: Path, database: Database) -> None:
    bury(database, *range(1, 6))
    bury(database, 9, kind="OTHER")
    ids: list[str] = []
    words = ["list", "--kind", "MAIL", "--limit", "2"]
    while words:
        found = CliRunner().invoke(main, ["dlq", *words, "--config", str(config)])
        ids += [line.split()[0] for line in found.stdout.splitlines()[1:]]
        words = shlex.split(found.stderr.removeprefix("more: jobqueue dlq "))
    assert sorted(ids) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], ["12", "11", "10", "9", "2"]),
        (["--newest"], ["12", "11", "10", "9", "2"]),
        (["--oldest"], ["2", "9", "10", "11", "12"]),
    ],
)
def test_the_newest_come_first_unless_told_otherwise_and_so_on_the_next_pages(
    config: Path, database: Database, options: list[str], ids: list[str]
) -> None:
    bury(database, 9, 10, 2, 12, 11)
    assert [job.id for job in listed(dlq(config, "list", "--output", "json", *options)).jobs] == ids
    found: list[str] = []
    words = ["list", "--limit", "2", *options]
    while words:
        result = CliRunner().invoke(main, ["dlq", *words, "--config", str(config)])
        found += [line.split()[0] for line in result.stdout.splitlines()[1:]]
        words = shlex.split(result.stderr.removeprefix("more: jobqueue dlq "))
    assert found == ids


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--cause", "recoverable"], {"2"}),
        (["--match", "TIMED"], {"2"}),
        (["--older-than", "24h"], {"3"}),
        (["--kind", "SMS"], {"3"}),
        ([], {"1", "2", "3"}),
    ],
)
def test_filters_narrow_the_list(config: Path, database: Database, options: list[str], ids: set[str]) -> None:
    bury(database, 1)
    bury(database, 2, error="timed out")
    bury(database, 3, kind="SMS", hours=48)
    assert {job.id for job in listed(dlq(config, "list", "--output", "json", *options)).jobs} == ids


def test_json_tells_each_job_whole_and_where_the_list_goes_on(config: Path, database: Database) -> None:
    bury(database, 1, 2)
    found = listed(dlq(config, "list", "--output", "json", "--limit", "1"))
    ((job,), (more,)) = (found.jobs, found.more)
    assert (job.source, job.queue, job.kind, job.state, job.attempts) == ("shop", "jobs", "MAIL", "dead_letter", 5)
    assert (more.source, more.after, found.failed) == ("shop", job.id, ())
    assert more.command == f"jobqueue dlq list --config {config} --limit 1 --after {job.id}"


def test_the_recovery_queue_is_listed_by_status(database: Database, tmp_path: Path) -> None:
    config = with_grave_table(database, tmp_path)
    found = dlq(config, "list", "--status", "abandoned", "--output", "json")
    assert [(job.id, job.recovery, job.state) for job in listed(found).jobs] == [("71", "abandoned", None)]


def test_a_source_that_is_down_costs_only_itself(config: Path, database: Database) -> None:
    written(config.parent, shop=database.dsn, mail=NOBODY_LISTENS)
    bury(database, 1)
    found = dlq(config, "list", "--output", "json")
    assert (found.exit_code, [job.id for job in listed(found).jobs], listed(found).failed) == (1, ["1"], ("mail",))
    assert (found.stderr.startswith("mail: "), "hunter2" in found.output) == (True, False)


def test_with_several_sources_each_row_says_which_and_so_does_the_next_page(config: Path, database: Database) -> None:
    written(config.parent, shop=database.dsn, twin=database.dsn)
    bury(database, 1, 2)
    found = dlq(config, "list", "--limit", "1")
    assert {line.split()[1] for line in found.stdout.splitlines()[1:]} == {"shop", "twin"}
    assert f"more: jobqueue dlq list --config {config} --source twin --limit 1 --after" in found.stderr


def test_going_on_needs_one_source(config: Path, database: Database) -> None:
    written(config.parent, shop=database.dsn, twin=database.dsn)
    assert dlq(config, "list", "--after", "1").exit_code == 2


@pytest.mark.parametrize("options", [["--limit", "1001"], ["--limit", "0"], ["--cause", "x"], ["--older-than", "soon"]])
def test_wrong_use_is_told(config: Path, options: list[str]) -> None:
    assert dlq(config, "list", *options).exit_code == 2


def test_what_a_job_holds_cannot_steer_the_terminal(config: Path, database: Database) -> None:
    bury(database, 1, error="\x1b[2J\u202e[red]x\r\ny", kind="\x9b31mK")
    found = dlq(config, "list").stdout
    assert (all(c.isprintable() or c == "\n" for c in found), "[2J [red]x y" in found) == (True, True)


def test_neither_does_json(config: Path, database: Database) -> None:
    bury(database, 1, error="\u202ex", kind="\x9b31m\x7f")
    found = dlq(config, "list", "--output", "json")
    assert all(c.isprintable() or c == "\n" for c in found.stdout)
    assert listed(found).jobs[0].kind == "\x9b31m\x7f"
