"""Our alerts, runbooks and tests as they are, judged by us, by promtool and by amtool."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jobqueue_exporter.bundle import check, configured, rendering, specs
from jobqueue_exporter.bundle.folder import changes
from jobqueue_exporter.bundle.spec import TOPICS
from jobqueue_exporter.cli.reference import problem
from jobqueue_exporter.config.load import without_sources
from jobqueue_exporter.config.types import Config
from tests.tooling import Name, tool

ROOT = Path(__file__).resolve().parents[2]
ALERTS = ROOT / "alerts"
RULES = sorted((ALERTS / "prometheus").glob("*.rules.yml"))
CASES = sorted((ROOT / "tests/alerts").glob("*.yaml"))
DEFAULTS = Config(sources=())


def run(name: Name, *arguments: str | Path) -> None:
    """Run a tool; what it says of a failure is shown."""
    done = subprocess.run([tool(name), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def problems() -> dict[str, tuple[str, ...]]:
    """All that we find wrong, by what it is about."""
    about = ("expressions", "words", "configuration", "runbooks", "tests")
    found = check.problems(configured.bundle(DEFAULTS), DEFAULTS, problem, check.tests_of_a_checkout())
    return dict(zip(about, found, strict=True))


@pytest.mark.parametrize("about", ["expressions", "words", "configuration", "runbooks", "tests"])
def test_nothing_is_wrong(problems: dict[str, tuple[str, ...]], about: str) -> None:
    assert problems[about] == ()


def test_every_topic_has_alerts() -> None:
    assert {spec.topic for spec in specs.ours()} == set(TOPICS)


def test_what_is_rendered_is_what_is_there() -> None:
    bundle = configured.bundle(DEFAULTS)
    found = changes(ALERTS, rendering.files(bundle.specs, bundle.settings, bundle.owners))
    assert (found.stale, found.left_over) == ((), ()), "run `make alerts`"


def test_the_example_configuration_fits_our_alerts() -> None:
    bundle = configured.bundle(without_sources(ROOT / "examples/jobqueue.yml", {}))
    assert rendering.files(bundle.specs, bundle.settings, bundle.owners)


@pytest.mark.parametrize("rules", RULES, ids=lambda file: file.name)
def test_promtool_finds_nothing_in_the_rules(rules: Path) -> None:
    run("promtool", "check", "rules", "--lint=all", "--lint-fatal", rules)


@pytest.mark.parametrize("cases", CASES, ids=lambda file: file.stem)
def test_the_rules_raise_the_right_alerts(cases: Path) -> None:
    run("promtool", "test", "rules", cases)


def test_alertmanager_takes_its_configuration() -> None:
    run("amtool", "check-config", ALERTS / "alertmanager/alertmanager.yml")
