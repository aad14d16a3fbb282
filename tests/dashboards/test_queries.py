from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.dashboards import check
from jobqueue_exporter.dashboards.source import Source
from tests.dashboards.made import bundle, panel, query, source

AGE = "jobqueue_oldest_pending_age_seconds"
LANE_LEGEND = "{{source}} {{queue}} {{kind}}"


def told(read: Source) -> list[str]:
    """What is said of a dashboard, without its places, and without what is wrong with there being only one."""
    found = check.problems([read], bundle())
    return [
        problem.partition(": ")[2].partition(": ")[2] for problem in found if not problem.startswith("alerts link to")
    ]


def test_the_small_dashboard_is_all_right(tmp_path: Path) -> None:
    assert told(source(tmp_path)) == []


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (f'[= gauge("{AGE}" =]', "expected token ',', got '='"),
        ('[= gauge("jobqueue_nothing") =]', "there is no metric jobqueue_nothing in the catalogue"),
        ("[= nothing =]", "'nothing' is undefined"),
        (f'[= gauge("{AGE}") =] +', "not PromQL"),
        (f"max by (source) ({AGE})", f"{AGE} is not narrowed by $source"),
        (f'sum([= selector("{AGE}") =])', f"{AGE} is aggregated by hand"),
        (f'[= selector("{AGE}") =]', f"{AGE} is aggregated by hand"),
        ('sum(rate([= selector("jobqueue_jobs_enqueued_total") =][5m]))',
         "jobqueue_jobs_enqueued_total is aggregated by hand"),
        ('[= gauge("jobqueue_jobs", \'state="waiting"\', by=[]) =]', 'jobqueue_jobs is never state="waiting"'),
        ('[= gauge("jobqueue_source_up", \'queue="a"\', by=[]) =]', "jobqueue_source_up has no label queue"),
        ('[= gauge("jobqueue_source_up", by=["queue"]) =]', "`max` groups by queue"),
        ('[= gauge("jobqueue_source_up", \'source="$sauce"\', by=[]) =]', "there is no variable sauce"),
        (f'[= gauge("{AGE}") =] / [= gauge("jobqueue_source_up") =]', "the sides of `/` have different labels"),
        ('vector([= limit("JobQueueNothing") =])', "there is no alert JobQueueNothing"),
        (f'[= gauge("{AGE}") =]', "the legend does not tell apart what differs by kind, queue"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_expression_is_told(tmp_path: Path, expr: str, expected: str) -> None:
    found = told(query(tmp_path, expr))
    assert any(expected in each for each in found), found


def test_it_is_told_with_the_line_of_the_expression(tmp_path: Path) -> None:
    read = query(tmp_path, f"max by () ({AGE})")
    found = {problem.partition(": ")[0] for problem in check.problems([read], bundle())}
    line = Path(read.file).read_text().splitlines().index(f"    - expr: max by () ({AGE})") + 1
    assert found == {f"{tmp_path}/small.yaml:{line}"}


def test_a_legend_names_only_labels_of_the_result(tmp_path: Path) -> None:
    found = told(query(tmp_path, f'[= gauge("{AGE}", by=[]) =]', "{{queue}}"))
    assert found == ["the legend uses the label queue, which its result does not have; it has none"]


def test_a_source_need_not_be_named_in_a_legend(tmp_path: Path) -> None:
    assert told(query(tmp_path, f'[= gauge("{AGE}") =]', "{{queue}} {{kind}}")) == []
    assert told(query(tmp_path, f'[= gauge("{AGE}") =]', LANE_LEGEND)) == []


def test_the_queries_of_a_table_have_the_labels_of_its_rows(tmp_path: Path) -> None:
    queries = [{"expr": '[= gauge("jobqueue_queue_info") =]', "column": "A"}]
    found = told(panel(tmp_path, kind="table", by=["source", "queue", "kind"], queries=queries, runbook=None))
    assert found == ["its result has the labels kind, owner, queue, source; `by` and `with` say kind, queue, source"]


def test_a_heatmap_has_buckets(tmp_path: Path) -> None:
    found = told(query(tmp_path, '[= quantile(0.5, "jobqueue_job_wait_seconds") =]', "", kind="heatmap"))
    assert found == ["a heatmap needs the label le alone, and its result has queue, source; use buckets()"]
    assert told(query(tmp_path, '[= buckets("jobqueue_job_wait_seconds") =]', "", kind="heatmap")) == []
