from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jobqueue_exporter.bundle import configured, rendering
from jobqueue_exporter.cli import main
from jobqueue_exporter.config.types import Config

RECORDER = """#!/bin/sh
echo "$@" >"$0.asked"
exit {code}
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is taken for the checkout, with rendered rules, two files of tests and no promtool."""
    bundle = configured.bundle(Config(sources=()))
    for name, text in rendering.files(bundle.specs, bundle.settings, bundle.owners).items():
        file = tmp_path / "alerts" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for topic in ("backlog", "workers"):
        file = tmp_path / f"tests/alerts/{topic}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    monkeypatch.setattr("jobqueue_exporter.bundle.check.tests_of_a_checkout", lambda: tmp_path / "tests/alerts")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def promtool(folder: Path, code: int = 0) -> Path:
    """A program that writes down what it was asked."""
    folder.mkdir(parents=True)
    file = folder / "promtool"
    file.write_text(RECORDER.format(code=code))
    file.chmod(0o755)
    return folder / "promtool.asked"


def run(*topics: str) -> Result:
    return CliRunner().invoke(main, ["alerts", "test", *topics])


def test_promtool_is_run_on_all_tests_or_on_those_of_some_topics(checkout: Path) -> None:
    asked = promtool(checkout / ".tools/bin")
    cases = checkout / "tests/alerts"
    assert run().exit_code == 0
    assert asked.read_text() == f"test rules {cases}/backlog.yaml {cases}/workers.yaml\n"
    assert run("workers").exit_code == 0
    assert asked.read_text() == f"test rules {cases}/workers.yaml\n"


def test_a_test_that_fails_is_exit_code_1(checkout: Path) -> None:
    promtool(checkout / "bin", code=2)
    assert run().exit_code == 1


def test_without_promtool_it_is_said_how_to_get_it(checkout: Path) -> None:
    result = run()
    assert (result.exit_code, result.stderr) == (
        1,
        "promtool is not there: run `make tools`, or install Prometheus\n",
    )


def test_stale_rules_are_not_tested(checkout: Path) -> None:
    asked = promtool(checkout / "bin")
    next((checkout / "alerts/prometheus").glob("*")).write_text("groups: []\n")
    result = run()
    assert (result.exit_code, result.stderr) == (
        1,
        "the rules in alerts/prometheus are stale: run `make alerts` first\n",
    )
    assert not asked.exists()


def test_a_topic_without_tests_is_wrong_usage(checkout: Path) -> None:
    result = run("backlg")
    assert result.exit_code == 2
    assert "there are no tests of backlg; there are backlog, workers" in result.stderr


def test_outside_a_checkout_there_is_nothing_to_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobqueue_exporter.bundle.check.tests_of_a_checkout", lambda: None)
    result = run()
    assert result.exit_code == 2
    assert "only in a checkout of jobqueue-exporter" in result.stderr
