"""What `jobqueue alerts render` refuses, and how it tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from tests.cli import own_alerts
from tests.cli.own_alerts import SPEC as OWN


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A jobqueue.yml here with an alert of one's own and its runbook beside it."""
    monkeypatch.chdir(tmp_path)
    return own_alerts.write(tmp_path)


def render(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["alerts", "render", *arguments])


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (
            "JobQueueMin: {for: 1m}",
            "alerts.rules.JobQueueMin: there is no alert of this name; did you mean JobQueueMine?",
        ),
        ("JobQueueMine: {threshold: 5}", "alerts.rules.JobQueueMine.threshold: expected a duration such as 10m, got 5"),
        (
            "JobQueueMine: {thresholds: {many: 5m}}",
            "alerts.rules.JobQueueMine.thresholds.many: expected a number, got '5m'",
        ),
        (
            "JobQueueMine: {thresholds: {few: 5}}",
            "alerts.rules.JobQueueMine.thresholds.few: there is no such threshold; this alert has: threshold, many",
        ),
        (
            "JobQueueMine: {overrides: [{match: {kind: a}, threshold: 1m}]}",
            "alerts.rules.JobQueueMine.overrides[0].match.kind: an override of this alert can match by source",
        ),
        (
            "JobQueueMine: {overrides: [{match: {source: b}}, {match: {source: a}, threshold: 1}]}",
            "alerts.rules.JobQueueMine.overrides[1].threshold: expected a duration such as 10m, got 1",
        ),
    ],
)
def test_what_fits_no_alert_is_told_with_its_line_and_nothing_is_written(own: Path, rule: str, problem: str) -> None:
    own.write_text(own.read_text() + f"  rules:\n    {rule}\n")
    result = render("--output-dir", "out")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"jobqueue.yml:5: {problem}")
    assert not Path("out").exists()


def test_all_that_fits_no_alert_is_told_at_once(own: Path) -> None:
    own.write_text(own.read_text() + "  rules:\n    JobQueueMine: {threshold: 1}\n    Nothing: {for: 1m}\n")
    assert [line.split(": ")[0] for line in render("--output-dir", "out").stderr.splitlines()] == [
        "jobqueue.yml:5",
        "jobqueue.yml:6",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "severity: warning",
            "severity: page",
            "mine/mine.yaml:4: alerts.JobQueueMine.severity: invalid enum value 'page'",
        ),
        (
            "by: [source]",
            "by: [source]\n    unknown: 1",
            "mine/mine.yaml:7: alerts.JobQueueMine.unknown: object contains unknown field",
        ),
        ("jobqueue_recovery_oldest", "jobqueue_recovry_oldest", "mine/mine.yaml:3: JobQueueMine: there is no metric"),
        (
            "t.many",
            "t.mayn",
            "mine/mine.yaml:3: JobQueueMine: there is no threshold mayn; this alert has: threshold, many",
        ),
        (
            "many: 3",
            "many: [3]",
            "mine/mine.yaml:7: alerts.JobQueueMine.thresholds: expected a number, or a duration such as 10m, got",
        ),
        ("expr: '", "expr: '[= ", "mine/mine.yaml:3: JobQueueMine: "),
        ("$labels.source", "$labels.queue", "mine/mine.yaml:3: JobQueueMine: description uses the label queue, which"),
        (
            "by: [source]",
            "by: [source, queue]",
            "mine/mine.yaml:3: JobQueueMine: its result has the labels source; `by`",
        ),
        ("for: 1m", "inhibited_by: [Me]", "mine/mine.yaml:3: JobQueueMine: inhibited_by: there is no alert Me"),
        (
            "JobQueueMine:",
            "JobQueueYours:",
            "mine/mine.yaml:3: JobQueueYours: mine/mine.md has no section `## JobQueue",
        ),
    ],
)
def test_a_spec_that_is_wrong_is_told_with_its_line(own: Path, old: str, new: str, problem: str) -> None:
    spec = own.parent / "mine/mine.yaml"
    spec.write_text(OWN.replace(old, new))
    result = render("--output-dir", "out")
    assert result.exit_code == 2
    assert result.stderr.startswith(problem)
    assert not Path("out").exists()


BURNS = OWN.replace("many: 3", "burn: 14").replace("t.many", "t.burn")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (
            "queues:\n  - match: {queue: mail}\n    success_objective: 0.5\n",
            "jobqueue.yml:6: queues[0].success_objective: 0.5: JobQueueMine could never fire by burn",
        ),
        (
            "  rules:\n    JobQueueMine:\n      thresholds:\n        burn: 200\n",
            "jobqueue.yml:7: alerts.rules.JobQueueMine.thresholds.burn: 200: JobQueueMine could never fire by it",
        ),
    ],
)
def test_a_window_that_can_never_fire_is_told_with_its_line_and_nothing_is_written(
    own: Path, said: str, problem: str
) -> None:
    (own.parent / "mine/mine.yaml").write_text(BURNS)
    (own.parent / "mine/mine.md").write_text(own_alerts.PAGE.replace("t.many", "t.burn"))
    own.write_text(own.read_text() + said)
    result = render("--output-dir", "out")
    told = [line for line in result.stderr.splitlines() if "JobQueueMine" in line]
    assert result.exit_code == 2
    assert told[0].startswith(problem)
    assert not Path("out").exists()


def test_two_alerts_of_one_name_are_refused(own: Path) -> None:
    (own.parent / "mine/more.yaml").write_text(OWN)
    result = render("--output-dir", "out")
    assert result.exit_code == 2
    assert result.stderr == (
        "mine/more.yaml:3: JobQueueMine is at mine/mine.yaml:3 too; each alert needs a name of its own\n"
    )


def test_a_folder_that_is_not_there_is_told(own: Path) -> None:
    own.write_text(own.read_text().replace("extra_dir: mine", "extra_dir: nowhere"))
    result = render("--output-dir", "out")
    assert result.stderr == "jobqueue.yml:3: alerts.extra_dir: there is no folder nowhere\n"
