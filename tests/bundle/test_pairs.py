from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.bundle import page, pairs
from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.bundle.spec import Severity
from tests.bundle.made import spec

FIRES = "{eval_time: 5m, alertname: JobQueueMany, exp_alerts: [{exp_labels: {}}]}"
QUIET = "{eval_time: 5m, alertname: JobQueueMany, exp_alerts: []}"
RESOLVES = f"{FIRES}, {QUIET.replace('5m', '1h3m')}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def pages(folder: Path, text: str, name: str = "backlog") -> list[Page]:
    (folder / "x.md").write_text(text)
    return [page.read(folder / "x.md", name)]


def cases(folder: Path, *told: str) -> list[str]:
    lines = ["tests:", *(f"  - alert_rule_test: [{case}]" for case in told), ""]
    (folder / "backlog.yaml").write_text("\n".join(lines))
    return [each.replace(f"{folder}/", "") for each in pairs.tests([spec()], folder)]


def sections(found: list[Page], folder: Path) -> list[str]:
    return [each.replace(f"{folder}/", "") for each in pairs.sections([spec()], found)]


def test_an_alert_with_a_section_is_fine(folder: Path) -> None:
    assert sections(pages(folder, "# T\n\n## JobQueueMany\n\ntext\n"), folder) == []


def test_an_alert_without_a_page_or_a_section_is_told(folder: Path) -> None:
    assert sections([], folder) == ["backlog.yaml:3: JobQueueMany: there is no runbook backlog.md"]
    assert sections(pages(folder, "# T\n"), folder) == [
        "backlog.yaml:3: JobQueueMany: x.md has no section `## JobQueueMany`"
    ]


def test_a_section_without_an_alert_or_of_another_topic_is_told(folder: Path) -> None:
    text = "# T\n\n## JobQueueMany\n\n```\n## no heading\n```\n\n## JobQueueFew\n\n## JobQueueMany\n"
    assert sections(pages(folder, text), folder) == [
        "x.md:9: no alert of backlog.yaml is called JobQueueFew",
        "x.md:11: there are two sections JobQueueMany",
    ]
    other = pages(folder, "# T\n\n## JobQueueMany\n", "workers")
    assert "x.md:3: no alert of workers.yaml is called JobQueueMany" in sections(other, folder)


def test_a_procedure_belongs_to_no_alert(folder: Path) -> None:
    found = pages(folder, "# T\n\n## Anything\n", "procedures/requeue")
    assert sections(found, folder) == ["backlog.yaml:3: JobQueueMany: there is no runbook backlog.md"]


def test_an_alert_that_fires_and_is_quiet_later_in_the_same_case_is_fine(folder: Path) -> None:
    assert cases(folder, RESOLVES) == []


@pytest.mark.parametrize(
    ("told", "lacks"),
    [
        ((FIRES,), ["stay quiet", "resolve"]),
        ((QUIET,), ["fire", "resolve"]),
        ((FIRES, QUIET), ["resolve"]),
        ((f"{QUIET}, {FIRES}",), ["resolve"]),
        ((RESOLVES.replace("1h3m", "0m"),), ["resolve"]),
    ],
)
def test_an_alert_of_which_something_is_not_seen_is_told(folder: Path, told: tuple[str, ...], lacks: list[str]) -> None:
    assert cases(folder, *told) == [f"backlog.yaml:3: JobQueueMany: no case in backlog.yaml sees it {e}" for e in lacks]


def test_a_case_of_an_alert_that_is_not_there_is_told_with_its_line(folder: Path) -> None:
    assert cases(folder, RESOLVES, QUIET.replace("Many", "Mayn")) == [
        "backlog.yaml:3: there is no alert JobQueueMayn, so that this test passes whatever happens"
    ]


def test_a_watchdog_need_never_be_quiet(folder: Path) -> None:
    (folder / "backlog.yaml").write_text(f"tests: [{{alert_rule_test: [{FIRES}]}}]\n")
    assert list(pairs.tests([spec(severity=Severity.NONE, pages=False)], folder)) == []
