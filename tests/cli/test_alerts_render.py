from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from jobqueue_exporter.bundle import specs
from jobqueue_exporter.bundle.spec import Severity, Spec
from jobqueue_exporter.cli import main
from tests.cli import own_alerts

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "alertmanager/alertmanager.yml",
    "alertmanager/inhibit_rules.yml",
    "alertmanager/route.yml",
    "kubernetes/prometheusrule.yaml",
}

SEVERITIES = (Severity.CRITICAL, Severity.WARNING)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def own(directory: Path) -> Path:
    """A jobqueue.yml here with an alert of one's own and its runbook beside it."""
    return own_alerts.write(directory)


def configured(directory: Path, *alerts: str) -> Path:
    file = directory / "jobqueue.yml"
    sources = "sources: [{name: shop, dsn: '${NOT_SET_HERE}'}]"
    file.write_text("\n".join([sources, "alerts:", *(f"  {line}" for line in alerts), ""]))
    return file


def render(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["alerts", "render", *arguments])


def written(folder: Path) -> dict[str, str]:
    return {file.relative_to(folder).as_posix(): file.read_text() for file in folder.rglob("*") if file.is_file()}


def rules(files: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each rule with its name, as text."""
    return [
        (rule["alert"], str(rule))
        for name, text in files.items()
        if name.startswith("prometheus/")
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
    ]


def plain() -> Spec:
    """One of our alerts that has a threshold in numbers."""
    return next(spec for spec in specs.ours() if isinstance(spec.alert.thresholds.get("threshold"), int | float))


def test_a_rule_file_for_each_topic_and_what_alertmanager_and_kubernetes_read_are_written_and_named() -> None:
    result = render("--output-dir", "out")
    topics = {spec.topic for spec in specs.ours() if spec.alert.enabled}
    files = written(Path("out"))
    assert files.keys() == FILES | {f"prometheus/{topic}.rules.yml" for topic in topics}
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == sorted(f"out/{name}" for name in files)


def test_rendering_twice_changes_nothing() -> None:
    render("--output-dir", "out")
    first = written(Path("out"))
    times = {file: file.stat().st_mtime_ns for file in Path("out").rglob("*")}
    assert render("--output-dir", "out").exit_code == 0
    assert written(Path("out")) == first
    assert {file: file.stat().st_mtime_ns for file in Path("out").rglob("*")} == times


def test_a_threshold_of_the_configuration_changes_just_that_rule(directory: Path) -> None:
    spec = plain()
    render("--output-dir", "before")
    configured(directory, "rules:", f"  {spec.name}: {{threshold: 98765}}")
    assert render("--output-dir", "after").exit_code == 0
    before, after = rules(written(Path("before"))), rules(written(Path("after")))
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert {name for name, _ in changed} == {spec.name}
    assert "98765" in changed[0][1]


def test_defaults_are_rendered_whatever_the_configuration_here_says(own: Path) -> None:
    render("--defaults", "--output-dir", "defaults")
    own.unlink()
    render("--output-dir", "none")
    assert written(Path("defaults")) == written(Path("none"))
    assert render("--defaults", "--config", "jobqueue.yml", "--output-dir", "x").exit_code == 2


def test_alerts_of_ones_own_are_rendered_beside_ours(own: Path) -> None:
    assert render("--output-dir", "out").exit_code == 0
    (rule,) = [text for name, text in rules(written(Path("out"))) if name == "JobQueueMine"]
    assert "[2m])) > 600 * 3" in rule
    assert "more than 10m." in rule
    assert (Path("out/prometheus/mine.rules.yml")).is_file()


def test_a_time_scale_divides_every_time_and_nothing_else(own: Path) -> None:
    assert render("--output-dir", "out", "--time-scale", "20").exit_code == 0
    (rule,) = [text for name, text in rules(written(Path("out"))) if name == "JobQueueMine"]
    assert "[6s])) > 30 * 3" in rule
    assert "'for': '3s'" in rule


def test_what_an_earlier_run_made_and_nothing_needs_is_removed_and_nothing_else(own: Path) -> None:
    render("--output-dir", "out")
    Path("out/prometheus/theirs.rules.yml").write_text("groups: []\n")
    own.unlink()
    result = render("--output-dir", "out")
    assert result.stderr == "removed out/prometheus/mine.rules.yml, which nothing needs any more\n"
    assert not Path("out/prometheus/mine.rules.yml").exists()
    assert Path("out/prometheus/theirs.rules.yml").exists()


def test_a_check_writes_nothing_and_names_what_would_change(own: Path) -> None:
    render("--output-dir", "out")
    assert render("--output-dir", "out", "--check").exit_code == 0
    own.write_text(own.read_text() + "  rules: {JobQueueMine: {threshold: 20m}}\n")
    before = written(Path("out"))
    result = render("--output-dir", "out", "--check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[:2] == [
        "out/prometheus/mine.rules.yml is stale",
        "out/kubernetes/prometheusrule.yaml is stale",
    ]
    assert written(Path("out")) == before


def test_outside_a_checkout_the_folder_must_be_named() -> None:
    result = render()
    assert result.exit_code == 2
    assert "say where to write, as in --output-dir rules" in result.stderr


def test_inside_a_checkout_the_folder_is_alerts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert "alerts/prometheus" in render("--defaults", "--check").stderr + "alerts/prometheus"


@pytest.mark.parametrize(
    ("said", "critical", "warning"),
    [
        ("receiver: media, ticket_receiver: board", "media", "board"),
        ("receiver: media", "media", None),
        ("ticket_receiver: board", None, "board"),
        ("contact: media", None, None),
    ],
)
def test_pages_and_tickets_of_an_owner_go_to_their_own_receivers_where_there_are_some(
    directory: Path, said: str, critical: str | None, warning: str | None
) -> None:
    file = configured(directory, "keep_labels: [cluster]")
    file.write_text(file.read_text() + f"owners: {{'me\"dia': {{{said}}}}}\n")
    assert render("--output-dir", "out").exit_code == 0
    config = yaml.safe_load(Path("out/alertmanager/alertmanager.yml").read_text())
    assert config["route"]["group_by"][0] == "cluster"
    routes = [route for route in config["route"]["routes"] if 'owner="me\\"dia"' in route["matchers"]]
    named = {(route["matchers"][1], route["receiver"]) for route in routes}
    wanted = {
        (f'severity="{severity}"', receiver) for severity, receiver in zip(SEVERITIES, (critical, warning), strict=True)
    }
    assert named == {pair for pair in wanted if pair[1]}
    assert {receiver for _, receiver in named} <= {receiver["name"] for receiver in config["receivers"]}


def test_a_folder_that_cannot_be_made_is_told_in_one_line(directory: Path) -> None:
    (directory / "file").write_text("")
    result = render("--output-dir", "file/out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "file/out/prometheus: Not a directory\n"


def test_a_file_that_cannot_be_written_is_told_with_its_path(directory: Path) -> None:
    render("--output-dir", "out")
    file = directory / "out/alertmanager/route.yml"
    file.unlink()
    file.mkdir()
    result = render("--output-dir", "out")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("out/alertmanager/")
    assert result.stderr.count("\n") == 1
