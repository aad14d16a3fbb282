"""Metrics of what happens to jobs: enqueued, started, finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from jobqueue_exporter.catalog.metric import LANE, QUEUE, Metric, Type, names
from jobqueue_exporter.model import Distribution, LaneFlows, Snapshot

Read = Iterator[tuple[tuple[str, ...], float | None]]


def _of_lane(field: Callable[[LaneFlows], int | None]) -> Callable[[Snapshot], Read]:
    def read(snapshot: Snapshot) -> Read:
        for lane, flows in (snapshot.flows or {}).items():
            yield names(lane), field(flows)

    return read


def _finished(snapshot: Snapshot) -> Read:
    for lane, flows in (snapshot.flows or {}).items():
        for outcome, count in (flows.finished or {}).items():
            yield (*names(lane), outcome), count


def _by_queue(found: Mapping[str, Distribution] | None) -> Iterator[tuple[tuple[str, ...], Distribution]]:
    for queue, distribution in (found or {}).items():
        yield (queue,), distribution


METRICS: tuple[Metric[Snapshot], ...] = (
    Metric(
        "jobqueue_jobs_enqueued_total",
        Type.COUNTER,
        LANE,
        "Jobs enqueued since this exporter first saw the source.",
        _of_lane(lambda flows: flows.enqueued),
    ),
    Metric(
        "jobqueue_jobs_finished_total",
        Type.COUNTER,
        (*LANE, "outcome"),
        "Jobs that came to their end since this exporter first saw the source; "
        "dead_letter and discarded are the failures, and are told where the signal failed is 1.",
        _finished,
    ),
    Metric(
        "jobqueue_attempts_failed_total",
        Type.COUNTER,
        LANE,
        "Attempts that failed since this exporter first saw the source, also where the job was tried again.",
        _of_lane(lambda flows: flows.attempts_failed),
    ),
    Metric(
        "jobqueue_waits_observed_total",
        Type.COUNTER,
        LANE,
        "Waits of jobs that were judged against the wait objective of their lane.",
        _of_lane(lambda flows: flows.waits_observed),
    ),
    Metric(
        "jobqueue_waits_met_total",
        Type.COUNTER,
        LANE,
        "Waits of jobs that met the wait objective of their lane.",
        _of_lane(lambda flows: flows.waits_met),
    ),
    Metric(
        "jobqueue_job_wait_seconds",
        Type.HISTOGRAM,
        QUEUE,
        "How long jobs waited from being due until they were claimed.",
        lambda snapshot: _by_queue(snapshot.waits),
    ),
    Metric(
        "jobqueue_job_run_seconds",
        Type.HISTOGRAM,
        QUEUE,
        "How long jobs ran from being claimed until they ended.",
        lambda snapshot: _by_queue(snapshot.runs),
    ),
)
