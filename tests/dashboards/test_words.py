from __future__ import annotations

from dataclasses import replace

import pytest

from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.language import UnknownMetric
from jobqueue_exporter.config.types import Alerts
from jobqueue_exporter.dashboards.words import Words
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
        (words().lowest(AGE, by=["source"]), f"min by (source) (max by ({LANE}) ({AGE}{{{NARROWED}}}))"),
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
         'time() - max by (source) (jobqueue_worker_heartbeat_timestamp_seconds{source=~"$source"})'),
        (words().share("a", "b"), "(a)\n/ ((b) > 0)"),
        (words().other("up"), 'max by (instance) (up{job="jobqueue"})'),
        (words().limit("JobQueueBacklogHigh"), "100"),
        (words().limit("JobQueueStalled", "waits"), "600"),
    ],
)  # fmt: skip
def test_a_word_stands_for_an_expression(made: str, expected: str) -> None:
    assert made == expected


def test_the_buckets_of_replicas_are_brought_together_before_they_are_summed() -> None:
    assert words().buckets("jobqueue_job_wait_seconds") == (
        "sum by (le) (max by (source, queue, le) (sum by (source, queue, le, instance) "
        f"(increase(jobqueue_job_wait_seconds_bucket{{{NARROWED}}}[$__rate_interval]))))"
    )


def test_alerts_that_fire_are_counted_and_none_is_zero_where_there_is_one_number() -> None:
    assert words().firing(by=["severity"]).startswith("count by (severity) (max by (alertname, severity, ")
    assert words().firing(by=[]).endswith(" or vector(0)")


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
