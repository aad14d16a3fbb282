from __future__ import annotations

import promql_parser
import pytest

from jobqueue_exporter.bundle.promql import Result

LANE = "source, queue, kind"
JOBS = f"max by ({LANE}) (max_over_time(jobqueue_jobs[2m]))"
AGE = f"max by ({LANE}) (max_over_time(jobqueue_oldest_pending_age_seconds[2m]))"
UP = "max by (source) (max_over_time(jobqueue_source_up[2m]))"


def result(expr: str, *everywhere: str) -> tuple[str, list[str]]:
    """The labels of the result, and the problems."""
    found = Result(promql_parser.parse(expr), everywhere)
    return "scalar" if found.labels is None else " ".join(sorted(found.labels)), found.problems


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("jobqueue_jobs", "instance job kind queue source state"),
        (JOBS, "kind queue source"),
        (f"-({JOBS})", "kind queue source"),
        (f"{JOBS} > 5", "kind queue source"),
        (f"time() - {UP}", "source"),
        ("time()", "scalar"),
        ("vector(1)", ""),
        ("sum(jobqueue_jobs)", ""),
        ('label_replace(vector(1), "more", "x", "", "")', "more"),
        (f'label_join({UP}, "more", "/", "source")', "more source"),
        (f'label_replace(label_join({UP}, "more", "/", "source"), "more", "", "", "")', "source"),
        (f'label_replace({UP}, "source", "", "source", "a")', "source"),
        ("sum without (state) (jobqueue_jobs)", "instance job kind queue source"),
        (f"topk by (source) (1, {JOBS})", "kind queue source"),
        (f"{JOBS} and on (source) {UP}", "kind queue source"),
        (f"{JOBS} > on ({LANE}) {AGE}", "kind queue source"),
        (f"{JOBS} * on (source) group_left () {UP}", "kind queue source"),
        (
            f"{JOBS} * on ({LANE}) group_left (owner) max by ({LANE}, owner) (jobqueue_queue_info)",
            "kind owner queue source",
        ),
        ('absent_over_time(up{job="jobqueue", instance=~"a.*"}[5m])', "job"),
        ("histogram_quantile(0.9, sum by (source, le) (rate(jobqueue_job_wait_seconds_bucket[5m])))", "source"),
        (f'label_replace({UP}, "to", "$1", "source", "(.*)")', "source to"),
        (f"max_over_time(({JOBS})[10m:1m])", "kind queue source"),
    ],
)
def test_the_labels_of_a_result_are_those_that_prometheus_gives_it(expr: str, labels: str) -> None:
    assert result(expr) == (labels, [])


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        ("max by (sauce) (jobqueue_jobs)", "`max` groups by sauce, which what it aggregates does not have"),
        (f"{JOBS} > {UP}", "the sides of `>` have different labels, so that nothing matches: kind, queue, source, and"),
        (f"{UP} and on (queue) {JOBS}", "`and on` joins by queue, which its left side does not have"),
        (f"{JOBS} unless on (state) {AGE}", "`unless on` joins by state, which its left side does not have"),
        (f"{UP} > on (source) {JOBS}", "`> on (source)`: several series of its right side would match, by kind, queue"),
        (f"{JOBS} > on (source) {UP}", "`> on (source)`: several series of its left side would match, by kind, queue"),
        (f"{UP} or {JOBS}", "the sides of `or` have different labels: source, and kind, queue, source"),
        (f"{UP} * on (source) group_left () {JOBS}", "`* on (source)`: several series of its right side would match"),
    ],
)
def test_what_cannot_be_joined_is_told(expr: str, problem: str) -> None:
    assert result(expr)[1][0].startswith(problem)


def test_labels_that_are_everywhere_may_be_missing_from_an_absence_alone() -> None:
    absent = 'absent_over_time(up{job="jobqueue"}[5m])'
    assert result(f"max by (cluster, job) (up) or {absent}", "cluster") == ("job", [])
    assert result("max by (cluster, job) (up)", "cluster") == ("cluster job", [])
