"""Labels that tell clusters apart: what vanishes of one cluster is missed, though another lives."""

from __future__ import annotations

import subprocess
from pathlib import Path

from jobqueue_exporter.bundle import rendering, specs
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.config.alert_types import Alerts
from tests.tooling import tool

FIRING = 'count by (alertname, cluster) (ALERTS{alertstate="firing", severity!="none"})'
ABSENT = '{alertname="JobQueueExporterAbsent"CLUSTER}'
CASES = """
rule_files: [exporter.rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'up{job="jobqueue",instance="a:10227",cluster="eu"}', values: EU}
      - {series: 'jobqueue_source_up{source="shop",job="jobqueue",instance="a:10227",cluster="eu"}', values: EU}
      - {series: 'up{job="jobqueue",instance="b:10227",cluster="us"}', values: 1x9 stale}
      - {series: 'jobqueue_source_up{source="shop",job="jobqueue",instance="b:10227",cluster="us"}', values: 1x9 stale}
    promql_expr_test:
"""


def _judged(folder: Path, eu: str, *looks: str) -> None:
    made = rendering.files(specs.ours(), Settings(alerts=Alerts(keep_labels=("cluster",))), {})
    (folder / "exporter.rules.yml").write_text(made["prometheus/exporter.rules.yml"], encoding="utf-8")
    cases = folder / "cases.yaml"
    cases.write_text(CASES.replace("EU", eu) + "".join(looks), encoding="utf-8")
    done = subprocess.run([tool("promtool"), "test", "rules", cases], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


def _look(at: str, *clusters: str) -> str:
    samples = [ABSENT.replace("CLUSTER", f', cluster="{name}"' if name else "") for name in clusters]
    expected = ", ".join(f"{{labels: '{labels}', value: 1}}" for labels in samples)
    return f"      - {{eval_time: {at}, expr: '{FIRING}', exp_samples: [{expected}]}}\n"


def test_all_exporters_of_one_cluster_leave_the_list_of_targets(tmp_path: Path) -> None:
    _judged(tmp_path, "1x90", _look("16m"), _look("17m", "us"), _look("90m", "us"))


def test_none_is_left_in_any_cluster_and_it_is_told_for_longer_than_a_day(tmp_path: Path) -> None:
    _judged(tmp_path, "1x19 stale", _look("40m", "eu", "us"), _look("25h", ""))
