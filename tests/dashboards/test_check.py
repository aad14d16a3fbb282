from __future__ import annotations

from pathlib import Path

from jobqueue_exporter.bundle import boards
from jobqueue_exporter.dashboards import check, sources
from tests.dashboards.made import bundle, data, panel, source


def test_nothing_is_wrong_with_our_own_dashboards() -> None:
    assert list(check.problems(sources.ours(), bundle())) == []


def test_a_dashboard_that_alerts_link_to_must_be_there(tmp_path: Path) -> None:
    found = list(check.problems([source(tmp_path)], bundle()))
    assert found == [f"alerts link to the dashboard {name}, which is not there" for name in boards.NAMES]


def test_every_dashboard_can_be_reached_from_the_overview(tmp_path: Path) -> None:
    home = source(tmp_path, {**data(), "next": ["near"]}, "overview")
    near, far = source(tmp_path, name="near"), source(tmp_path, name="far")
    found = [problem for problem in check.problems([home, near, far], bundle()) if "no way" in problem]
    assert found == [f"{tmp_path}/far.yaml:1: no way leads here from overview"]


def test_what_cannot_be_rendered_is_told_with_the_line_of_the_panel(tmp_path: Path) -> None:
    read = panel(tmp_path, runbook=None, thresholds={"warning": "JobQueueNothing"})
    found = list(check.problems([read], bundle()))
    assert found[0] == f"{tmp_path}/small.yaml:11: Waits: there is no alert JobQueueNothing"
