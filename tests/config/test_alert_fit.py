from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.config.load import load, without_sources
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts, DurationOrZero, Links, Owner
from tests.config.conftest import Problems, Read, Write

SOURCES = "sources: [{name: shop, dsn: host=h}]\n"
FULL = """\
sources: [{name: shop, dsn: '${NOWHERE}', table: 1}]
queues: [{match: {source: shop}, owner: media}]
server: {external_url: https://jobs.example.com}
alerts:
  keep_labels: [cluster]
  extra_dir: my-alerts
  rules:
    JobQueueX:
      threshold: 10m
      thresholds: {factor: 2}
      for: 15m
      overrides: [{match: {source: m*}, severity: info, enabled: false, labels: {team: a}}]
owners: {media: {contact: call 5, receiver: media}}
links: {grafana: https://g, prometheus_job: jobs}
"""


def test_what_is_said_of_alerts_is_read_without_looking_at_sources(write: Write) -> None:
    path = write(FULL)
    config = without_sources(path, {})
    assert config.alerts == Alerts(
        keep_labels=("cluster",),
        extra_dir=str(path.parent / "my-alerts"),
        rules={
            "JobQueueX": AlertRule(
                threshold="10m",
                thresholds={"factor": 2.0},
                for_=DurationOrZero(900),
                overrides=(
                    AlertOverride(match=AlertMatch(source="m*"), severity="info", enabled=False, labels={"team": "a"}),
                ),
            )
        },
    )
    assert config.owners == {"media": Owner(contact="call 5", receiver="media")}
    assert config.links == Links(grafana="https://g", prometheus_job="jobs")
    assert config.server.external_url == "https://jobs.example.com"


def test_without_a_file_alerts_are_as_their_specs_have_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = without_sources(None, {})
    assert (config.alerts, config.owners, config.links) == (Alerts(), {}, Links())


def test_a_file_of_alerts_alone_is_enough_for_them_and_not_to_serve(write: Write, problems: Problems) -> None:
    text = "alerts: {rules: {JobQueueX: {enabled: false}}}"
    assert without_sources(write(text), {}).alerts.rules == {"JobQueueX": AlertRule(enabled=False)}
    assert problems(text) == ["jobqueue.yml:1: the key `sources` is missing"]


def test_the_folder_of_own_alerts_is_beside_the_file(read: Read, tmp_path: Path) -> None:
    assert read(f"{SOURCES}alerts: {{extra_dir: mine}}").alerts.extra_dir == str(tmp_path / "mine")
    assert read(f"{SOURCES}alerts: {{extra_dir: /mine}}").alerts.extra_dir == "/mine"


def test_an_owner_that_is_named_nowhere_else_is_fine(read: Read) -> None:
    assert read(f"{SOURCES}queues: [{{match: {{}}, owner: media}}]").owners == {}


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("keep_labels: [a-b]", "alerts.keep_labels[0]: `a-b`: expected the name of a label: letters, digits and `_`"),
        ("keep_labels: [c, __x]", "alerts.keep_labels[1]: `__x`: expected the name of a label"),
        ("keep_labels: [queue]", "alerts.keep_labels[0]: `queue` is a label of ours; take another name"),
        ("rules: {A: {threshold: 5x}}", "alerts.rules.A.threshold: '5x': expected a number, or a duration such as"),
        ("rules: {A: {threshold: [5]}}", "alerts.rules.A.threshold: expected "),
        ("rules: {A: {thresholds: {f: x}}}", "alerts.rules.A.thresholds.f: 'x': expected a number, or a duration"),
        ("rules: {A: {for: soon}}", "alerts.rules.A.for: expected a duration"),
        ("rules: {A: {severity: page}}", "alerts.rules.A.severity: expected one of"),
        ("rules: {A: {threshhold: 1}}", "alerts.rules.A: unknown key `threshhold`; did you mean `threshold`?"),
        ("rules: {A: {labels: {severity: x}}}", "alerts.rules.A.labels.severity: `severity` is a label of ours"),
        ("rules: {A: {overrides: [{threshold: 1}]}}", "alerts.rules.A.overrides[0]: the key `match` is missing"),
        ("rules: {A: {overrides: [{match: {}}]}}", "alerts.rules.A.overrides[0].match: this matches all; what is for"),
        (
            "rules: {A: {overrides: [{match: {queue: a}}, {match: {queue: a, kind: '*'}}]}}",
            "alerts.rules.A.overrides[1].match: overrides[0] has the same match and wins; this one never counts",
        ),
        ("JobQueueX: {threshold: 1}", "alerts: unknown key `JobQueueX`; known here: keep_labels, extra_dir, rules"),
    ],
)
def test_what_alerts_cannot_mean_is_told_with_its_line(problems: Problems, said: str, problem: str) -> None:
    told = problems(f"{SOURCES}alerts:\n  {said}\n")
    assert len(told) == 1
    line = 2 if "unknown key `JobQueueX`" in problem else 3
    assert told[0].startswith((f"jobqueue.yml:{line}: {problem}", f"jobqueue.yml:3: {problem}"))


def test_all_problems_are_told_at_once(problems: Problems) -> None:
    rules = "    A: {threshold: x}\n    B: {for: x}\n"
    text = f"{SOURCES}alerts:\n  keep_labels: [kind]\n  rules:\n{rules}links: {{grafana: x}}\n"
    assert [each.split(": ")[0] for each in problems(text)] == [f"jobqueue.yml:{line}" for line in (3, 5, 6, 7)]


def test_the_example_is_read_for_alerts_without_any_environment() -> None:
    example = Path(__file__).resolve().parents[2] / "examples/jobqueue.yml"
    environ = {"DATABASE_URL": "host=h"}
    whole = load(example, environ)
    bare = without_sources(example, {})
    assert (bare.alerts, bare.owners, bare.links) == (whole.alerts, whole.owners, whole.links)
