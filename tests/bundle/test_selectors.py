from __future__ import annotations

import promql_parser
import pytest

from jobqueue_exporter.bundle import selectors
from jobqueue_exporter.bundle.language import Scope
from jobqueue_exporter.bundle.selectors import Selected

JOBS = Scope().gauge("jobqueue_jobs", 'state="pending"')


def problems(expr: str, keep: str = "", narrowed: str = "") -> list[str]:
    return list(selectors.problems(promql_parser.parse(expr), keep, narrowed))


@pytest.mark.parametrize("word", ["gauge", "lowest", "latest"])
def test_the_words_of_the_language_are_fine(word: str) -> None:
    assert problems(getattr(Scope(), word)("jobqueue_jobs", 'state="pending"')) == []


def test_what_the_words_write_keeps_labels_and_is_narrowed() -> None:
    scope = Scope(keep=("cluster",), matchers={"source": '="shop"'})
    expr = f"{scope.increase('jobqueue_jobs_finished_total', '5m')} > 0 {scope.told('finished')} {scope.paused()}"
    assert problems(scope.owned(expr), "cluster", "shop") == []


@pytest.mark.parametrize(
    "expr",
    [
        'absent_over_time(up{job="jobqueue"}[5m])',
        "sum by (pod) (increase(kube_pod_container_status_restarts_total[15m]))",
        f"sum by (source) ({JOBS}) > 5",
    ],
)
def test_metrics_of_others_and_sums_over_lanes_are_fine(expr: str) -> None:
    assert problems(expr) == []


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        ("jobqueue_jobs > 5", "jobqueue_jobs is selected without a range: a failed scrape would end the alert; use"),
        ("sum by (source) (max_over_time(jobqueue_jobs[2m])) > 5", "jobqueue_jobs is aggregated by hand, so that two"),
        ("sum by (source) (increase(jobqueue_jobs_finished_total[5m]))", "jobqueue_jobs_finished_total is aggregated"),
        ("min_over_time(jobqueue_jobs[2m])", "jobqueue_jobs is aggregated by hand"),
        ("max by (source) (max_over_time(jobqueue_jbos[2m]))", "there is no metric jobqueue_jbos in the catalogue"),
        (
            'max(max_over_time(jobqueue_jobs{queu="a"}[2m]))',
            "jobqueue_jobs has no label queu; it has source, queue, kind",
        ),
        ('max(max_over_time(jobqueue_jobs{state="dead"}[2m]))', 'jobqueue_jobs is never state="dead"; there are'),
        (
            'max(max_over_time(jobqueue_jobs{state=~"running|ded"}[2m]))',
            'jobqueue_jobs is never state="ded"; there are',
        ),
        ("max(max_over_time(jobqueue_jobs[30s]))", "a range of 30s holds too few scrapes; use 1m or more"),
        (f"max_over_time(({JOBS})[30s:10s])", "a range of 30s holds too few scrapes; use 1m or more"),
    ],
)
def test_what_does_not_come_from_the_words_is_told(expr: str, problem: str) -> None:
    assert problems(expr)[0].startswith(problem)


@pytest.mark.parametrize(
    ("expr", "problem"),
    [
        (f"sum by (source) ({JOBS})", '`sum` loses alerts.keep_labels; group by ([= labels("source") =])'),
        (f"{JOBS} and on (source) {JOBS}", '`and` is joined without alerts.keep_labels; join by [= on("source") =]'),
    ],
)
def test_a_grouping_or_a_join_by_hand_is_told(expr: str, problem: str) -> None:
    assert problem in problems(expr, keep="cluster")


def test_a_selector_by_hand_is_told_where_an_override_narrows() -> None:
    assert problems("max(max_over_time(jobqueue_jobs[2m]))", narrowed="shop") == [
        "jobqueue_jobs is selected by hand, so that overrides do not narrow it; use selector() or the other words"
    ]


def test_what_an_expression_looks_at_now_is_told_with_its_matchers() -> None:
    expr = f"{JOBS} > 5 and on (source) {Scope().latest('jobqueue_source_up', ago='1h')} unless {JOBS}"
    assert selectors.selected(promql_parser.parse(expr)) == (Selected("jobqueue_jobs", (("state", "=", "pending"),)),)
