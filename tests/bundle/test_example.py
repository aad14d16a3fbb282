"""What `jobqueue alerts render` makes of the example for several systems at once."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from tests.tooling import tool

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "four-engines.yml"


def rules(folder: Path, topic: str, name: str) -> list[dict[str, object]]:
    found = yaml.safe_load((folder / f"prometheus/{topic}.rules.yml").read_text())
    return [rule for rule in found["groups"][0]["rules"] if rule["alert"] == name]


def test_each_system_gets_its_own_thresholds_in_rules_that_prometheus_takes(tmp_path: Path) -> None:
    words = ["alerts", "render", "--config", str(EXAMPLE), "--output-dir", str(tmp_path)]
    assert CliRunner().invoke(main, words).exit_code == 0
    files = sorted(map(str, (tmp_path / "prometheus").iterdir()))
    subprocess.run([tool("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *files], check=True)
    subprocess.run([tool("amtool"), "check-config", tmp_path / "alertmanager/alertmanager.yml"], check=True)
    of_reports, of_all = rules(tmp_path, "dead-letter-queue", "JobQueueDeadLettersHigh")
    assert "> 9" in str(of_reports["expr"])
    assert "> 20" in str(of_all["expr"])
    severities = [rule["labels"] for rule in rules(tmp_path, "dead-letter-queue", "JobQueueDeadLetters")]
    assert [labels["severity"] for labels in severities if isinstance(labels, dict)] == ["critical", "warning"]


def test_owners_have_receivers(tmp_path: Path) -> None:
    words = ["alerts", "render", "--config", str(EXAMPLE), "--output-dir", str(tmp_path)]
    assert CliRunner().invoke(main, words).exit_code == 0
    made = yaml.safe_load((tmp_path / "alertmanager/alertmanager.yml").read_text())
    assert {"support", "media"} <= {receiver["name"] for receiver in made["receivers"]}
