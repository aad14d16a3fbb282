from __future__ import annotations

from dataclasses import replace

import promql_parser as promql
import pytest

from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.language import UnknownMetric
from jobqueue_exporter.config.types import Alerts
from jobqueue_exporter.dashboards import sources
from jobqueue_exporter.dashboards.words import Words, with_spans
from tests.dashboards.made import bundle

AGE = "jobqueue_oldest_pending_age_seconds"
LANE = "source, queue, kind"
NARROWED = 'source=~"$source", queue=~"$queue"'


def words() -> Words:
    return Words(bundle(), ("source", "queue"))


def kept() -> Bundle:
    """With a label that tells clusters apart."""
    ours = bundle()
    return replace(ours, settings=replace(ours.settings, alerts=Alerts(keep_labels=("cluster",))))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (words().gauge(AGE), f"max by ({LANE}) ({AGE}{{{NARROWED}}})"),
        (words().gauge(AGE, by=["source"]), f"max by (source) ({AGE}{{{NARROWED}}})"),
        (words().gauge("jobqueue_workers", 'state="live"'),
         'max by (source) (jobqueue_workers{state="live", source=~"$source"})'),
        (words().gauge("jobqueue_workers", 'state!="live"'),
         'max by (source, state) (jobqueue_workers{state!="live", source=~"$source"})'),
        (words().total(AGE, by=["source"]), f"sum by (source) (max by ({LANE}) ({AGE}{{{NARROWED}}}))"),
        (words().total(AGE, by=[]), f"sum by () (max by ({LANE}) ({AGE}{{{NARROWED}}}))"),
        (words().lowest(AGE, by=["source"]), f"min by (source) ({AGE}{{{NARROWED}}})"),
        (words().count("jobqueue_source_up", test="==0"),
         'sum by () (max by (source) (jobqueue_source_up{source=~"$source"}) == bool 0)'),
        (words().rate("jobqueue_jobs_enqueued_total", by=["queue"]),
         "max by (queue) (sum by (queue, instance) "
         f"(rate(jobqueue_jobs_enqueued_total{{{NARROWED}}}[$__rate_interval])))"),
        (words().increase_over("jobqueue_jobs_enqueued_total", by=["queue"]),
         f"max by (queue) (sum by (queue, instance) (increase(jobqueue_jobs_enqueued_total{{{NARROWED}}}[$__range])))"),
        (words().increase_over("jobqueue_jobs_enqueued_total", "1h", by=[]),
         f"max by () (sum by (instance) (increase(jobqueue_jobs_enqueued_total{{{NARROWED}}}[1h])))"),
        (words().quantile(0.95, "jobqueue_job_wait_seconds", by=["queue"]),
         "histogram_quantile(0.95, max by (queue, le) (sum by (queue, le, instance) "
         f"(rate(jobqueue_job_wait_seconds_bucket{{{NARROWED}}}[$__rate_interval]))))"),
        (words().since("jobqueue_worker_heartbeat_timestamp_seconds"),
         '(time() - max by (source) (jobqueue_worker_heartbeat_timestamp_seconds{source=~"$source"}))'),
        (words().share("a", "b"), "((a)\n/ ((b) > 0))"),
        (words().other("up"), 'max by (instance) (up{job="jobqueue"})'),
        (words().limit("JobQueueBacklogHigh"), "100"),
        (words().limit("JobQueueStalled", "waits"), "600"),
        (words().as_in("JobQueueWorkerCrashLoop", "kube_pod_container_status_restarts_total"),
         'container=~".*worker.*"'),
    ],
)  # fmt: skip
def test_a_word_stands_for_an_expression(made: str, expected: str) -> None:
    assert made == expected


def test_the_buckets_of_replicas_are_brought_together_before_they_are_summed() -> None:
    assert words().buckets("jobqueue_job_wait_seconds") == (
        "sum by (le) (max by (source, queue, le) (sum by (source, queue, le, instance) "
        f"(increase(jobqueue_job_wait_seconds_bucket{{{NARROWED}}}[$__rate_interval]))))"
    )


@pytest.mark.parametrize(
    "made",
    [
        words().gauge(AGE), words().lowest(AGE), words().total(AGE), words().count(AGE),
        words().rate("jobqueue_jobs_enqueued_total"), words().increase_over("jobqueue_jobs_enqueued_total"),
        words().share("a + b", "c + d"), words().quantile(0.5, "jobqueue_job_wait_seconds"),
        words().buckets("jobqueue_job_wait_seconds"), words().since("jobqueue_worker_heartbeat_timestamp_seconds"),
        words().firing('severity="info"'), words().other("up"), words().limit("JobQueueBacklogHigh"),
    ],
)  # fmt: skip
def test_a_word_is_an_operand_as_a_whole(made: str) -> None:
    for expr, inner in ((f"one ^ {made}", "rhs"), (f"{made} ^ one", "lhs")):
        parsed = promql.parse(with_spans(expr))
        assert isinstance(parsed, promql.BinaryExpr)
        assert str(parsed.op) == "^"
        assert str(getattr(parsed, inner)) == str(promql.parse(with_spans(made)))


def test_alerts_that_fire_are_counted_and_none_is_zero_only_where_our_rules_are_loaded() -> None:
    assert Words(kept(), ("source",)).firing('severity="critical"') == (
        "(count by (cluster) (max by (cluster, alertname, severity, alert_type, source, queue, kind) "
        '(ALERTS{alertstate="firing", alertname=~"JobQueue.+", severity!="none", severity="critical", '
        'cluster=~"$cluster", source=~"$source"}))\n'
        'or 0 * max by (cluster) (jobqueue_source_up{cluster=~"$cluster", source=~"$source"}) '
        'and on () max by () (ALERTS{alertstate="firing", alertname="JobQueueWatchdog", '
        'cluster=~"$cluster|", source=~"$source|"}))'
    )


def test_every_word_is_used_by_a_dashboard() -> None:
    text = "".join(
        query.expr for source in sources.ours() for _, _, _, each in source.panels() for query in each.queries
    )
    assert [name for name in words().all() if f"{name}(" not in text] == []


@pytest.mark.parametrize("metric", ["jobqueue_source_up", "kube_pod_container_status_waiting_reason"])
def test_what_an_alert_says_of_a_metric_that_it_does_not_look_at_is_refused(metric: str) -> None:
    with pytest.raises(ValueError, match=f"JobQueueWorkerCrashLoop does not look at {metric}"):
        words().as_in("JobQueueWorkerCrashLoop", metric)


def test_labels_that_tell_clusters_apart_join_every_grouping_and_narrow_every_selector() -> None:
    made = Words(kept(), ("source",)).total("jobqueue_workers", by=[])
    inner = 'jobqueue_workers{cluster=~"$cluster", source=~"$source"}'
    assert made == f"sum by (cluster) (max by (cluster, source, state) ({inner}))"


def test_an_unknown_metric_is_named_with_a_likely_one() -> None:
    with pytest.raises(UnknownMetric, match="jobqueue_job in the catalogue; did you mean jobqueue_jobs"):
        words().gauge("jobqueue_job")


def test_a_single_label_in_place_of_a_list_is_refused() -> None:
    with pytest.raises(TypeError, match=r'by=\["source"\]'):
        words().gauge(AGE, by="source")


@pytest.mark.parametrize(("alert", "name"), [("JobQueueNone", "threshold"), ("JobQueueBacklogHigh", "waits")])
def test_a_threshold_that_is_not_there_is_refused(alert: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"{alert}"):
        words().limit(alert, name)


@pytest.mark.parametrize("test", ["= 0", "> x", "> 0 or vector(1)"])
def test_a_count_needs_a_test_in_numbers(test: str) -> None:
    with pytest.raises(ValueError, match="expected a test such as"):
        words().count("jobqueue_source_up", test=test)
