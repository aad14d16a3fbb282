"""`jobqueue alerts check`, by an alert and a runbook of one's own; what it says of ours is in tests/bundle."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from tests.cli import own_alerts


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    own_alerts.write(tmp_path)
    return tmp_path


def problems() -> list[str]:
    """What is wrong with what is here, without what may be wrong with alerts of ours."""
    result = CliRunner().invoke(main, ["alerts", "check"])
    told = [line for line in result.stderr.splitlines() if line.startswith(("mine/", "jobqueue.yml", "alerts."))]
    assert result.exit_code == 2 or not told
    return told


def change(file: str, old: str, new: str) -> None:
    path = Path("mine") / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_an_alert_and_its_runbook_that_are_right_have_no_problems() -> None:
    assert problems() == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("gauge(", "guage(", "mine.yaml:3: JobQueueMine: 'guage' is undefined"),
        (
            "_recovery_oldest",
            "_recovry_oldest",
            "mine.yaml:3: JobQueueMine: there is no metric jobqueue_recovry_oldest",
        ),
        ("$labels.source", "$labels.queue", "mine.yaml:3: JobQueueMine: description uses the label queue, which its"),
        ("by: [source]", "by: [source, queue]", "mine.yaml:3: JobQueueMine: its result has the labels source; `by`"),
        ("[= t.many =]'", "3'", "mine.yaml:3: JobQueueMine: the threshold many is not used in its expression"),
        ("for: 1m", "for: 1m\n    keep: 1", "mine.yaml:9: alerts.JobQueueMine.keep: object contains unknown field"),
        ("Mine.", "mine", "mine.yaml:3: JobQueueMine: the summary is one sentence, with a capital first"),
        ("JobQueueMine", "JobQueueMINE", "mine.yaml:3: JobQueueMINE: expected a name such as JobQueueWaitTooLong"),
        ("JobQueueMine", "JobQueueYours", "mine.yaml:3: JobQueueYours: mine/mine.md has no section `## JobQueueYours`"),
    ],
)
def test_what_is_wrong_with_a_spec_is_told_with_file_and_line(old: str, new: str, problem: str) -> None:
    change("mine.yaml", old, new)
    assert any(each.startswith(f"mine/{problem}") for each in problems())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("## JobQueueMine", "## JobQueueYours", "mine.md:5: no alert of mine.yaml is called JobQueueYours"),
        ("### Impact\n\nSome.\n", "", "mine.md:5: JobQueueMine needs the parts What it means, Impact, First two"),
        ("jobs stats", "jobs stat", "mine.md:18: jobqueue jobs stat: No such command 'stat'"),
        ("--yes", "--sure", "mine.md:30: jobqueue dlq requeue-all --sure: No such option"),
        ("jobqueue jobs stats", "jobqueue jobs 'stats", "mine.md:17: not shell: No closing quotation"),
        ("sh {check}", "sh", "mine.md:17: a block of shell is one of {check}, {mitigate}, {verify}"),
        ("jobqueue jobs stats", "jobqueue jobs stats [= for =]", "mine.md:17: a block of code is shown as it is"),
        ("_recovery_oldest", "_recovry_oldest", "mine.md:9: there is no metric jobqueue_recovry_oldest"),
        ("#jobqueuemine", "#jobqueueyours", "mine.md:5: the link #jobqueueyours leads to no section"),
        ("(#jobqueuemine", "(nothing.md#x", "mine.md:5: the link nothing.md#x leads to no page"),
        ("[= t.many =]", "[= t.mayn =]", "mine.md:9: there is no threshold mayn; this alert has: threshold, many"),
        ("jobs stats", "once | grep ^jobqueue_jbos", "mine.md:18: there is no metric jobqueue_jbos"),
        ("# Mine\n", "\n", "mine.md:1: the page needs a title: `# Words`"),
    ],
)
def test_what_is_wrong_with_a_runbook_is_told_with_file_and_line(old: str, new: str, problem: str) -> None:
    change("mine.md", old, new)
    found = problems()
    where, _, text = problem.partition(": ")
    assert any(each.startswith("mine/mine.md:") and text in each for each in found), found
    assert any(each.startswith(f"mine/{where}:") or abs(_line(each) - _line(where)) <= 3 for each in found)


def test_a_pattern_that_some_metric_begins_with_is_fine() -> None:
    change("mine.md", "jobs stats", "once | grep '^jobqueue_worker'")
    assert problems() == []


def test_a_runbook_that_is_missing_is_told_unless_runbooks_are_elsewhere() -> None:
    Path("mine/mine.md").unlink()
    assert problems() == ["mine/mine.yaml:3: JobQueueMine: there is no runbook mine.md"]
    with Path("jobqueue.yml").open("a") as file:
        file.write("links: {runbooks: https://wiki.example.com/runbooks}\n")
    assert problems() == []


def test_an_override_for_what_is_not_there_is_told_with_its_line() -> None:
    with Path("jobqueue.yml").open("a") as file:
        file.write("  rules:\n    JobQueueMin: {for: 1m}\n")
    assert problems() == [
        "jobqueue.yml:5: alerts.rules.JobQueueMin: there is no alert of this name; did you mean JobQueueMine?"
    ]


def test_an_objective_and_a_threshold_that_no_window_can_catch_are_told_with_their_lines() -> None:
    change("mine.yaml", "many: 3", "burn: 14")
    change("mine.yaml", "t.many", "t.burn")
    change("mine.md", "t.many", "t.burn")
    with Path("jobqueue.yml").open("a") as file:
        file.write("  rules: {JobQueueMine: {overrides: [{match: {source: a}, thresholds: {burn: 200}}]}}\n")
        file.write("queues:\n  - match: {queue: mail}\n    success_objective: 0.9\n")
    objective, threshold = sorted(each for each in problems() if "JobQueueMine" in each)[::-1]
    assert objective.startswith("jobqueue.yml:7: queues[0].success_objective: 0.9: JobQueueMine could never fire by")
    assert threshold.startswith(
        "jobqueue.yml:4: alerts.rules.JobQueueMine.overrides[0].thresholds.burn: 200: JobQueueMine could never fire by"
    )


def _line(place: str) -> int:
    return int(place.split(":")[1])
