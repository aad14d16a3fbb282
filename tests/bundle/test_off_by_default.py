"""Alerts that are off until a configuration switches them on are proven like the rest, once they are on."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from jobqueue_exporter.bundle import rendering, specs
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.config.alert_types import AlertRule, Alerts
from tests.tooling import tool

OFF = [spec for spec in specs.ours() if not spec.alert.enabled]
CASES = Path(__file__).resolve().parents[1] / "alerts" / "off-by-default"


@pytest.mark.parametrize("topic", sorted({spec.topic for spec in OFF}))
def test_what_is_off_by_default_raises_the_right_alerts_once_it_is_on(topic: str, tmp_path: Path) -> None:
    on = {spec.name: AlertRule(enabled=True) for spec in OFF}
    files = rendering.files(OFF, Settings(alerts=Alerts(rules=on)), {})
    rules = f"prometheus/{topic}.rules.yml"
    (tmp_path / "prometheus").mkdir()
    (tmp_path / rules).write_text(files[rules], encoding="utf-8")
    cases = shutil.copy(CASES / f"{topic}.yaml", tmp_path)
    done = subprocess.run([tool("promtool"), "test", "rules", cases], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


def test_what_is_off_by_default_is_not_rendered_unless_it_is_switched_on() -> None:
    files = rendering.files(specs.ours(), Settings(), {})
    assert [spec.name for spec in OFF if any(f"alert: {spec.name}\n" in text for text in files.values())] == []
