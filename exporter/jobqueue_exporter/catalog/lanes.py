"""Metrics of queues, and of what the configuration wants of each lane."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jobqueue_exporter.catalog.metric import LANE, QUEUE, Metric, Type, names
from jobqueue_exporter.model import Policy, Snapshot

Read = Iterator[tuple[tuple[str, ...], float | None]]


def _paused(snapshot: Snapshot) -> Read:
    for queue, paused in (snapshot.facts.paused or {}).items():
        yield (queue,), paused


def _owners(snapshot: Snapshot) -> Read:
    for lane, policy in snapshot.policies.items():
        yield (*names(lane), policy.owner), 1


def _wanted(field: Callable[[Policy], float]) -> Callable[[Snapshot], Read]:
    def read(snapshot: Snapshot) -> Read:
        for lane, policy in snapshot.policies.items():
            yield names(lane), field(policy)

    return read


METRICS: tuple[Metric[Snapshot], ...] = (
    Metric("jobqueue_queue_paused", Type.GAUGE, QUEUE, "1 if the queue is paused.", _paused),
    Metric(
        "jobqueue_queue_info",
        Type.INFO,
        (*LANE, "owner"),
        "Who owns the lane by the configuration; the owner is empty where none is named.",
        _owners,
    ),
    Metric(
        "jobqueue_wait_objective_seconds",
        Type.GAUGE,
        LANE,
        "How long a job of this lane may wait.",
        _wanted(lambda policy: policy.wait_objective_seconds),
    ),
    Metric(
        "jobqueue_success_objective_ratio",
        Type.GAUGE,
        LANE,
        "The part of the jobs of this lane that should not fail, from 0 to 1.",
        _wanted(lambda policy: policy.success_objective_ratio),
    ),
    Metric(
        "jobqueue_max_runtime_seconds",
        Type.GAUGE,
        LANE,
        "How long a job of this lane may run.",
        _wanted(lambda policy: policy.max_runtime_seconds),
    ),
    Metric(
        "jobqueue_pages",
        Type.GAUGE,
        LANE,
        "1 if this lane may page a person.",
        _wanted(lambda policy: policy.page),
    ),
    Metric(
        "jobqueue_no_loss",
        Type.GAUGE,
        LANE,
        "1 if any dead job of this lane pages a person.",
        _wanted(lambda policy: policy.no_loss),
    ),
)
