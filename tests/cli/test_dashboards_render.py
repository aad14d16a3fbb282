from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from jobqueue_exporter.cli import main
from jobqueue_exporter.dashboards import sources

ROOT = Path(__file__).resolve().parents[2]
SOURCES = "sources: [{name: shop, dsn: '${NOT_SET_HERE}'}]\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def render(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["dashboards", "render", *arguments])


def written(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_a_dashboard_for_each_source_and_what_grafana_needs_to_find_them_are_written_and_named() -> None:
    result = render("--output-dir", "out")
    files = written(Path("out"))
    assert files.keys() == {f"dashboards/{source.name}.json" for source in sources.ours()} | {
        "provisioning/dashboards/jobqueue.yaml",
        "provisioning/datasources/jobqueue.yaml",
    }
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == sorted(f"out/{name}" for name in files)


def test_the_dashboards_of_the_checkout_are_as_their_sources_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = render("--defaults", "--check")
    assert (result.exit_code, result.output) == (0, "")


def test_check_tells_what_is_stale_or_not_needed_and_writes_nothing(directory: Path) -> None:
    render("--output-dir", "out")
    (directory / "out/dashboards/queue.json").write_text("{}")
    (directory / "out/dashboards/gone.json").write_text('{"uid": "jobqueue-gone"}')
    (directory / "out/dashboards/mine.json").write_text('{"uid": "mine"}')
    before = written(directory / "out")
    result = render("--output-dir", "out", "--check")
    assert result.exit_code == 1
    told = result.stderr
    assert "out/dashboards/queue.json is stale" in told
    assert "out/dashboards/gone.json is not needed" in told
    assert "mine.json" not in told
    assert written(directory / "out") == before


def test_dashboards_of_ours_that_nothing_needs_are_removed_and_nothing_else_is(directory: Path) -> None:
    (directory / "out/dashboards").mkdir(parents=True)
    (directory / "out/dashboards/gone.json").write_text('{"uid": "jobqueue-gone"}')
    (directory / "out/dashboards/mine.json").write_text('{"uid": "mine"}')
    (directory / "out/dashboards/broken.json").write_text("{")
    result = render("--output-dir", "out")
    assert "removed out/dashboards/gone.json, which nothing needs any more" in result.stderr
    there = {file.name for file in (directory / "out/dashboards").iterdir()}
    assert "gone.json" not in there
    assert {"mine.json", "broken.json"} <= there


def test_thresholds_and_links_are_those_of_the_configuration(directory: Path) -> None:
    (directory / "jobqueue.yml").write_text(
        f"{SOURCES}alerts: {{keep_labels: [cluster]}}\nlinks: {{runbooks: 'https://wiki.example/rb'}}\n"
    )
    assert render("--output-dir", "out").exit_code == 0
    dashboard = json.loads((directory / "out/dashboards/queue.json").read_text())
    assert [each["name"] for each in dashboard["templating"]["list"]][1] == "cluster"
    assert 'href="https://wiki.example/rb/backlog#{{alertname}}"' in dashboard["annotations"]["list"][0]["textFormat"]


def test_nothing_is_written_when_the_configuration_is_wrong(directory: Path) -> None:
    (directory / "jobqueue.yml").write_text("alerts: 3\n")
    result = render("--output-dir", "out")
    assert result.exit_code != 0
    assert not (directory / "out").exists()


def test_grafana_is_told_where_dashboards_and_prometheus_are(directory: Path) -> None:
    render("--output-dir", "out")
    provisioning = directory / "out/provisioning"
    dashboards = yaml.safe_load((provisioning / "dashboards/jobqueue.yaml").read_text())
    assert [(each["type"], each["allowUiUpdates"]) for each in dashboards["providers"]] == [("file", False)]
    datasources = yaml.safe_load((provisioning / "datasources/jobqueue.yaml").read_text())
    assert [(each["type"], each["jsonData"]["timeInterval"]) for each in datasources["datasources"]] == [
        ("prometheus", "15s")
    ]


def test_defaults_and_a_configuration_contradict_each_other() -> None:
    assert render("--defaults", "--config", "jobqueue.yml", "--output-dir", "out").exit_code == 2


def test_outside_a_checkout_a_folder_must_be_named() -> None:
    result = render()
    assert result.exit_code == 2
    assert "say where to write" in result.stderr
