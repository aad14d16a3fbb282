from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from tests.cli import own_alerts


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    own_alerts.write(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["runbook", *arguments])


def test_the_section_of_an_alert_is_printed_with_what_the_configuration_says_in_it() -> None:
    with Path("jobqueue.yml").open("a") as file:
        file.write("  rules: {JobQueueMine: {threshold: 2h, for: 5m}}\nowners: {media: {contact: call 5}}\n")
    result = run("JobQueueMine")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("## JobQueueMine\n\n### What it means\n\nMore than 2h times 3, for 5m; ")
    assert "```sh {check}\njobqueue jobs stats\n```\n" in result.stdout
    assert result.stdout.endswith("### Escalate\n\nmedia: call 5\n")


def test_an_alert_is_found_in_any_case() -> None:
    assert run("jobqueuemine").stdout == run("JobQueueMine").stdout != ""


def test_who_answers_is_said_where_no_owner_is_named() -> None:
    assert "whoever answers for the queue (the label `owner` of the alert)" in run("JobQueueMine").stdout


def test_a_contact_cannot_take_over_a_terminal() -> None:
    with Path("jobqueue.yml").open("a") as file:
        file.write('owners: {media: {contact: "call \\e[2J5"}}\n')
    assert "media: call  [2J5\n" in run("JobQueueMine").stdout


def test_a_list_names_every_page_and_section() -> None:
    result = run("--list")
    assert result.exit_code == 0
    assert "mine: Mine\n  JobQueueMine\n" in result.stdout


def test_a_page_is_printed_whole() -> None:
    assert run("mine").stdout.startswith("# Mine\n\nAbout mine. See [it](#jobqueuemine).\n\n## JobQueueMine\n")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("JobQueueMin", "did you mean JobQueueMine"), ("zzzzzz", "`jobqueue runbook --list` names all")],
)
def test_an_alert_that_is_not_there_is_answered_with_the_nearest(name: str, hint: str) -> None:
    result = run(name)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"there is no runbook of '{name}'; {hint}" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("JobQueueMine", "--list")])
def test_either_an_alert_or_the_list_is_asked_for(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "name an alert, or use --list" in result.stderr
