from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from tests.cli import own_alerts
from tests.cli.screen import screen


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
    assert run("mine").stdout.startswith(
        "# Mine\n\nAbout mine. See it (`jobqueue runbook JobQueueMine`).\n\n## JobQueueMine\n"
    )


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


def test_a_procedure_is_printed_by_the_name_that_the_list_has_and_by_the_short_one() -> None:
    assert "\nprocedures/requeue: " in run("--list").stdout
    assert run("procedures/requeue").stdout == run("requeue").stdout
    assert run("procedures/requeue").stdout.startswith("# ")


def test_a_topic_comes_before_a_procedure_of_the_same_name() -> None:
    assert run("backlog").stdout != run("procedures/backlog").stdout
    assert "## JobQueueWaitTooLong\n" in run("backlog").stdout


@pytest.mark.parametrize("broken", ["alerts: [", "links: {grafana: '${NOT_SET_HERE}'}", "unknown: 1"])
@pytest.mark.parametrize("arguments", [("JobQueueStuckJobs",), ("--list",)])
def test_without_a_configuration_that_can_be_used_the_defaults_are_printed(
    broken: str, arguments: tuple[str, ...]
) -> None:
    Path("jobqueue.yml").unlink()
    expected = run(*arguments).stdout
    Path("jobqueue.yml").write_text(broken + "\n")
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (0, expected)
    assert result.stderr.startswith("jobqueue.yml:")
    assert result.stderr.endswith("thresholds and contacts are the defaults here: the configuration cannot be used\n")


def test_a_configuration_that_is_not_there_keeps_no_runbook_back() -> None:
    result = run("JobQueueStuckJobs", "--config", "nowhere.yml")
    assert result.exit_code == 0
    assert result.stderr.startswith("nowhere.yml: there is no such file\n")


def test_no_link_to_a_page_of_ours_is_left_in_any() -> None:
    for name in [line.split(":")[0] for line in run("--list").stdout.splitlines() if line[0] != " "]:
        assert ".md" not in run(name).stdout.replace("README.md", ""), name


def test_names_of_alerts_and_procedures_are_completed_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_JOBQUEUE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_CWORD", "2")
    for begun, completed in (("jobqueuemi", "JobQueueMine"), ("procedures/req", "procedures/requeue")):
        monkeypatch.setenv("COMP_WORDS", f"jobqueue runbook {begun}")
        assert CliRunner().invoke(main, [], prog_name="jobqueue").stdout == f"plain,{completed}\n"


def test_on_a_terminal_prose_is_folded_and_commands_are_not() -> None:
    Path("mine/mine.md").write_text(own_alerts.PAGE.replace("Nothing.", "word " * 30 + "`jobqueue runbook --list`"))
    with screen("runbook", "JobQueueMine", columns=60, rows=60) as shown:
        assert shown.ended() == 0
    lines = shown.text.splitlines()
    assert max(map(len, lines)) <= 60
    assert "jobqueue dlq requeue-all --yes" in lines
    assert [line for line in lines if line.startswith("word")][:2] == ["word " * 11 + "word"] * 2
    assert any("`jobqueue runbook --list`" in line for line in lines)


def test_commands_name_the_lane_that_the_alert_is_about() -> None:
    result = run("JobQueueMine", "--source", "shop", "--queue", "mail")
    assert "```sh {check}\njobqueue jobs stats --source shop\n```\n" in result.stdout


def test_a_source_with_an_override_is_told_by_its_thresholds() -> None:
    with Path("jobqueue.yml").open("a") as file:
        file.write("  rules: {JobQueueMine: {overrides: [{match: {source: sh*}, threshold: 3h}]}}\n")
    shop, mill = (run("JobQueueMine", "--source", source).stdout for source in ("shop", "mill"))
    assert "More than 3h times 3" in shop
    assert "More than 10m times 3" in mill


def test_a_queue_without_its_source_is_refused() -> None:
    result = run("JobQueueMine", "--queue", "mail")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "name the --source too" in result.stderr
