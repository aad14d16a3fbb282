"""When a source or the last exporter dies, its own page comes before the pages that were firing end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from jobqueue_exporter.bundle import rendering, specs
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.bundle.spec import Severity
from tests.tooling import tool

PAGES = [spec for spec in specs.ours() if spec.alert.severity is Severity.CRITICAL]
OF_BLINDNESS = {"JobQueueSourceDown", "JobQueueExporterAbsent"}
GUARD = 120
"""Seconds for which a gauge is still believed after it has vanished."""

LANE = 'source="shop", queue="jobs", kind="render", job="jobqueue", instance="a:10227"'
SOURCE_UP = 'jobqueue_source_up{source="shop", job="jobqueue", instance="a:10227"}'
SCRAPED = 'up{job="jobqueue", instance="a:10227"}'
DIES = 20
"""The minute after which all that is known of the jobs is gone."""
JOBS = {
    f"jobqueue_oldest_pending_age_seconds{{{LANE}}}": 600,
    f"jobqueue_wait_objective_seconds{{{LANE}}}": 60,
    f"jobqueue_pages{{{LANE}}}": 1,
    f'jobqueue_queue_info{{{LANE}, owner="media"}}': 1,
}


def test_every_page_goes_on_for_longer_than_a_page_on_what_blinded_it_takes() -> None:
    slowest = max(GUARD + spec.alert.for_ for spec in PAGES if spec.name in OF_BLINDNESS)
    assert [spec.name for spec in PAGES if spec.alert.keep_firing_for <= slowest] == []


@pytest.mark.parametrize(
    ("page", "dead"),
    [
        ("JobQueueSourceDown", {SOURCE_UP: f"1x{DIES} 0x60", SCRAPED: "1x80"}),
        ("JobQueueExporterAbsent", {SOURCE_UP: f"1x{DIES} stale", SCRAPED: f"1x{DIES} 0x60"}),
    ],
    ids=["the database dies", "the only exporter dies"],
)
def test_while_a_page_fires_what_it_reads_dies_and_no_minute_is_without_a_page(
    page: str, dead: dict[str, str], tmp_path: Path
) -> None:
    series = dead | {name: f"{value}x{DIES} stale" for name, value in JOBS.items()}
    firing = f'ALERTS{{alertstate="firing", alertname=~"JobQueueWaitTooLong|{page}"}}'
    done = _tested(
        tmp_path,
        series,
        [
            _expected(f"count by (alertname) ({firing})", f"{DIES}m", {"JobQueueWaitTooLong": 1}),
            _expected(f"count by (alertname) ({firing})", "29m", {"JobQueueWaitTooLong": 1, page: 1}),
            _expected(f"count by (alertname) ({firing})", "40m", {page: 1}),
            # A minute without either would be missing among these 35.
            _expected(f"count_over_time(count({firing})[34m:1m])", "54m", {"": 35}),
        ],
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr


def _expected(expr: str, when: str, values: dict[str, int]) -> dict[str, object]:
    samples = [
        {"labels": f'{{alertname="{name}"}}' if name else "{}", "value": value} for name, value in values.items()
    ]
    return {"expr": expr, "eval_time": when, "exp_samples": samples}


def _tested(
    folder: Path, series: dict[str, str], expected: list[dict[str, object]]
) -> subprocess.CompletedProcess[str]:
    files = rendering.files([spec for spec in specs.ours() if spec.topic in ("backlog", "exporter")], Settings(), {})
    names = ["backlog.rules.yml", "exporter.rules.yml"]
    for name in names:
        (folder / name).write_text(files[f"prometheus/{name}"], encoding="utf-8")
    group = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": expected,
    }
    cases = folder / "cases.yaml"
    cases.write_text(json.dumps({"rule_files": names, "evaluation_interval": "1m", "tests": [group]}), encoding="utf-8")
    return subprocess.run([tool("promtool"), "test", "rules", str(cases)], capture_output=True, text=True, check=False)
