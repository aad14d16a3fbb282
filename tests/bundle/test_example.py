"""What `jobqueue alerts render` makes of the example for several systems at once."""

from __future__ import annotations

import re
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


def limits(folder: Path, topic: str, name: str) -> list[str]:
    """The limit of each rule of an alert, those of single systems first."""
    found = (re.search(r"[<>]\s*(?:on \(.*\)\s*)?([\d.]+)", str(rule["expr"])) for rule in rules(folder, topic, name))
    return [match[1] for match in found if match]


def test_each_system_gets_its_own_thresholds_in_rules_that_prometheus_takes(tmp_path: Path) -> None:
    words = ["alerts", "render", "--config", str(EXAMPLE), "--output-dir", str(tmp_path)]
    assert CliRunner().invoke(main, words).exit_code == 0
    files = sorted(map(str, (tmp_path / "prometheus").iterdir()))
    subprocess.run([tool("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *files], check=True)
    subprocess.run([tool("amtool"), "check-config", tmp_path / "alertmanager/alertmanager.yml"], check=True)
    assert limits(tmp_path, "dead-letter-queue", "JobQueueDeadLettersHigh") == ["9", "20"]
    assert limits(tmp_path, "dead-letter-queue", "JobQueueDeadLettersGrowing") == ["5", "10"]
    assert limits(tmp_path, "schedules", "JobQueueScheduleMissed") == ["1", "2.5"]
    assert limits(tmp_path, "failures", "JobQueueSuccessLow") == ["0.7", "0.9"]


def test_owners_have_receivers(tmp_path: Path) -> None:
    words = ["alerts", "render", "--config", str(EXAMPLE), "--output-dir", str(tmp_path)]
    assert CliRunner().invoke(main, words).exit_code == 0
    made = yaml.safe_load((tmp_path / "alertmanager/alertmanager.yml").read_text())
    assert {"support", "media"} <= {receiver["name"] for receiver in made["receivers"]}
