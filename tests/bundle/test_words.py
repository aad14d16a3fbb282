"""What the words of expressions are written as."""

from __future__ import annotations

from jobqueue_exporter.bundle.language import Scope
from jobqueue_exporter.bundle.scaling import scaled

AGE, ENQUEUED = "jobqueue_oldest_pending_age_seconds", "jobqueue_jobs_enqueued_total"


def test_a_gauge_can_be_looked_at_as_it_was_then() -> None:
    assert Scope().lowest(AGE, over="10m", ago="1h") == (
        f"max by (source, queue, kind) (min_over_time({AGE}[10m] offset 1h))"
    )


def test_a_counter_can_be_looked_at_as_it_grew_then() -> None:
    assert Scope().increase(ENQUEUED, "1h", ago="1w") == (
        f"max by (source, queue, kind) (sum by (source, queue, kind, instance) (increase({ENQUEUED}[1h] offset 1w)))"
    )


def test_a_rate_is_that_of_the_exporter_that_saw_more() -> None:
    assert Scope(keep=("cluster",)).rate(ENQUEUED, "10m") == (
        "max by (cluster, source, queue, kind) "
        f"(sum by (cluster, source, queue, kind, instance) (rate({ENQUEUED}[10m])))"
    )


def test_how_far_back_it_is_looked_at_is_scaled_too() -> None:
    assert scaled(Scope().gauge(AGE, ago="10m"), 20) == (
        f"max by (source, queue, kind) (max_over_time({AGE}[6s] offset 30s))"
    )
