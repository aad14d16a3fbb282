"""The rules in the newest Prometheus and Alertmanager that the machine's mirror of Debian offers."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import pytest

from tests.deadline import until
from tests.e2e.prometheus import free_port, ready
from tests.tooling import TOOLS

pytestmark = pytest.mark.slow

ALERTS = Path(__file__).resolve().parents[2] / "alerts"
RULES = sorted((ALERTS / "prometheus").glob("*.rules.yml"))


class Rule(TypedDict):
    """What Prometheus says of a rule."""

    name: str
    health: str


def newest(name: str) -> str:
    """The program; the test is skipped where there is none, as that suite changes from day to day."""
    if found := shutil.which(name, path=str(TOOLS / "newest" / "bin")):
        return found
    missing = TOOLS / "newest" / "missing"
    pytest.skip(f"needs the newest {name}: {missing.read_text().strip() if missing.exists() else 'run `make tools`'}")


def test_promtool_finds_nothing_in_the_rules() -> None:
    command = [newest("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *map(str, RULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_alertmanager_takes_its_configuration() -> None:
    command = [newest("amtool"), "check-config", str(ALERTS / "alertmanager/alertmanager.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A Prometheus that judges our rules each second."""
    address = f"127.0.0.1:{free_port()}"
    config = tmp_path / "prometheus.yml"
    config.write_text(json.dumps({"global": {"evaluation_interval": "1s"}, "rule_files": list(map(str, RULES))}))
    command = [newest("prometheus"), f"--config.file={config}", f"--web.listen-address={address}"]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log) as run:
        try:
            until(lambda: ready(address), seconds=30)
            yield address
        finally:
            run.terminate()


def test_prometheus_judges_every_rule(address: str) -> None:
    until(lambda: {rule["health"] for rule in _rules(address)} == {"ok"}, seconds=30)
    assert len(_rules(address)) == sum(text.count("- alert:") for text in map(Path.read_text, RULES))


def _rules(address: str) -> list[Rule]:
    with urllib.request.urlopen(f"http://{address}/api/v1/rules", timeout=10) as answer:
        return [rule for group in json.load(answer)["data"]["groups"] for rule in group["rules"]]
