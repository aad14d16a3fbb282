"""Metrics of those who do the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from jobqueue_exporter.catalog.metric import QUEUE, SOURCE, Metric, Type
from jobqueue_exporter.model import Snapshot, Workers

Read = Iterator[tuple[tuple[str, ...], float | None]]


def _states(snapshot: Snapshot) -> Read:
    if (workers := snapshot.facts.workers) is not None:
        yield ("live",), workers.live
        yield ("stale",), workers.stale


def _heartbeat(snapshot: Snapshot) -> Read:
    if (workers := snapshot.facts.workers) is not None:
        yield (), workers.newest_heartbeat


def _by_queue(field: Callable[[Workers], Mapping[str, int] | None]) -> Callable[[Snapshot], Read]:
    def read(snapshot: Snapshot) -> Read:
        if (workers := snapshot.facts.workers) is not None:
            for queue, count in (field(workers) or {}).items():
                yield (queue,), count

    return read


def _binaries(snapshot: Snapshot) -> Read:
    for binary in snapshot.facts.binaries or ():
        yield (binary.name, binary.place), binary.available


METRICS: tuple[Metric[Snapshot], ...] = (
    Metric(
        "jobqueue_workers",
        Type.GAUGE,
        (*SOURCE, "state"),
        "Workers (processes where the source can tell), each counted once: live, or stale as its heartbeat is old.",
        _states,
    ),
    Metric(
        "jobqueue_queue_workers",
        Type.GAUGE,
        QUEUE,
        "Live workers that take from this queue; one may take from several, so these do not add up.",
        _by_queue(lambda workers: workers.by_queue),
    ),
    Metric(
        "jobqueue_worker_slots",
        Type.GAUGE,
        QUEUE,
        "Jobs that the live workers can run at a time; the queue is empty where slots are shared.",
        _by_queue(lambda workers: workers.slots),
    ),
    Metric(
        "jobqueue_worker_slots_busy",
        Type.GAUGE,
        QUEUE,
        "Slots of the live workers that are taken; the queue is empty where slots are shared.",
        _by_queue(lambda workers: workers.busy),
    ),
    Metric(
        "jobqueue_worker_heartbeat_timestamp_seconds",
        Type.GAUGE,
        SOURCE,
        "When the newest heartbeat of any worker was written; absent if none was ever seen.",
        _heartbeat,
    ),
    Metric(
        "jobqueue_binary_available",
        Type.GAUGE,
        (*SOURCE, "binary", "where"),
        "1 if a program that jobs need was found: on every live worker, by a health endpoint, "
        "or on the exporter's host.",
        _binaries,
    ),
)
