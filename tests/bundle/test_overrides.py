"""Where an override matches, no other rule of its alert speaks, whatever has become of the series."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from jobqueue_exporter.bundle import matched, rendering, specs
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts
from tests.tooling import tool

EXPORTER = [spec for spec in specs.ours() if spec.topic == "exporter"]


def promtool(folder: Path, rule: dict[str, AlertRule], case: str) -> None:
    """Judge a case by the rules of the exporter's topic that this configuration makes."""
    files = rendering.files(EXPORTER, Settings(alerts=Alerts(rules=rule)), {})
    (folder / "rules.yml").write_text(files["prometheus/exporter.rules.yml"])
    case_file = folder / "case.yaml"
    case_file.write_text(f"rule_files: [rules.yml]\nevaluation_interval: 1m\ntests:\n{case}")
    done = subprocess.run([tool("promtool"), "test", "rules", case_file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_source_whose_exporter_died_long_ago_is_told_of_by_its_override_alone(tmp_path: Path) -> None:
    rule = AlertRule(overrides=(AlertOverride(match=AlertMatch(source="x"), severity="warning"),))
    case = """\
  - interval: 1m
    input_series:
      - {series: 'up{job="jobqueue", instance="a"}', values: 1x90}
      - {series: 'up{job="jobqueue", instance="b"}', values: 1x10 0x80}
      - {series: 'jobqueue_source_up{job="jobqueue", instance="b", source="x"}', values: 1x10 stale}
      - {series: 'jobqueue_source_up{job="jobqueue", instance="b", source="y"}', values: 1x10 stale}
    promql_expr_test:
      - expr: count by (source, severity) (ALERTS{alertname="JobQueueSourceDown", alertstate="firing"})
        eval_time: 80m
        exp_samples:
          - {labels: '{source="x", severity="warning"}', value: 1}
          - {labels: '{source="y", severity="critical"}', value: 1}
"""
    promtool(tmp_path, {"JobQueueSourceDown": rule}, case)


def test_queues_that_vanished_are_left_out_by_an_override_that_is_off(tmp_path: Path) -> None:
    rule = AlertRule(overrides=(AlertOverride(match=AlertMatch(queue="tmp-*"), enabled=False),))
    jobs = 'jobqueue_jobs{{job="jobqueue", instance="a", source="x", queue="{queue}", kind="A", state="pending"}}'
    told = "".join(
        f"      - {{series: '{jobs.format(queue=queue)}', values: 5x60 stale}}\n" for queue in ("tmp-1", "mail")
    )
    case = f"""\
  - interval: 1m
    input_series:
      - {{series: 'up{{job="jobqueue", instance="a"}}', values: 1x120}}
      - {{series: 'jobqueue_source_up{{job="jobqueue", instance="a", source="x"}}', values: 1x120}}
{told}\
    promql_expr_test:
      - expr: count by (queue) (ALERTS{{alertname="JobQueueMetricsVanished", alertstate="firing"}})
        eval_time: 95m
        exp_samples: [{{labels: '{{queue="mail"}}', value: 1}}]
"""
    promtool(tmp_path, {"JobQueueMetricsVanished": rule}, case)


LANES = [
    {"source": "shop", "queue": "mail", "kind": "A"},
    {"source": "shop", "queue": "mail"},
    {"source": "shop", "queue": "mail.bulk", "kind": "A"},
    {"source": "other", "queue": "mail", "kind": "B"},
    {"source": "overridden"},
    {"source": 'sh"op\\', "queue": "a b", "kind": "[x]"},
]


@pytest.mark.parametrize(
    ("matches", "left"),
    [
        ([AlertMatch(queue="mail")], [2, 4, 5]),
        ([AlertMatch(queue="mail*")], [4, 5]),
        ([AlertMatch(queue="mail?bulk")], [0, 1, 3, 4, 5]),
        ([AlertMatch(source="shop", queue="mail")], [2, 3, 4, 5]),
        ([AlertMatch(source="shop", queue="mail", kind="A")], [1, 2, 3, 4, 5]),
        ([AlertMatch(source="s*", kind="A"), AlertMatch(kind="B")], [1, 4, 5]),
        ([AlertMatch(source='sh"op\\', queue="a b", kind="[x]")], [0, 1, 2, 3, 4]),
        ([AlertMatch(source="over*")], [0, 1, 2, 3, 5]),
        ([AlertMatch()], []),
    ],
)
def test_of_all_results_those_that_no_override_matches_are_left_with_the_labels_that_they_had(
    tmp_path: Path, matches: list[AlertMatch], left: list[int]
) -> None:
    series = [f"some{_braced(lane)}" for lane in LANES]
    case = {
        "evaluation_interval": "1m",
        "tests": [
            {
                "input_series": [{"series": each, "values": "1"} for each in series],
                "promql_expr_test": [
                    {
                        "expr": matched.rest("some", matches),
                        "eval_time": "0m",
                        "exp_samples": [{"labels": series[index], "value": 1} for index in left],
                    }
                ],
            }
        ],
    }
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(case))
    command = [str(tool("promtool")), "test", "rules", str(tmp_path / "case.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _braced(labels: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}={matched.quoted(value)}" for name, value in labels.items()) + "}"
