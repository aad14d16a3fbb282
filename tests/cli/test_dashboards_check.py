from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from jobqueue_exporter.dashboards import sources
from tests.dashboards.made import SMALL


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["dashboards", "check", *arguments])


def test_ours_are_fine() -> None:
    result = check()
    panels = sum(len(row.panels) for source in sources.ours() for row in source.dashboard.rows)
    assert (result.exit_code, result.output) == (0, f"fine: {len(sources.ours())} dashboards with {panels} panels\n")


def test_what_is_wrong_with_those_of_a_folder_is_told_with_file_and_line(directory: Path) -> None:
    (directory / "mine").mkdir()
    (directory / "mine/small.yaml").write_text(SMALL.replace("JobQueueWaitTooLong", "JobQueueNothing"))
    result = check("--source-dir", "mine")
    assert result.exit_code == 2
    assert "mine/small.yaml:18: Waits: there is no alert JobQueueNothing\n" in result.stderr


def test_a_label_that_tells_clusters_apart_is_no_fault(directory: Path) -> None:
    (directory / "jobqueue.yml").write_text("sources: [{name: shop, dsn: x}]\nalerts: {keep_labels: [cluster]}\n")
    assert check().output.startswith("fine: ")
