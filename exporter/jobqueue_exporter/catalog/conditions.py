"""Metrics of the system around the jobs: health endpoints, circuit breakers, the kill switch, schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jobqueue_exporter.catalog.metric import SOURCE, Metric, Type
from jobqueue_exporter.model import Breaker, Probes, Schedule, Snapshot

Read = Iterator[tuple[tuple[str, ...], float | None]]


def _probed(field: Callable[[Probes], bool | None]) -> Callable[[Snapshot], Read]:
    def read(snapshot: Snapshot) -> Read:
        if (probes := snapshot.facts.probes) is not None:
            yield (), field(probes)

    return read


def _checks(snapshot: Snapshot) -> Read:
    if (probes := snapshot.facts.probes) is not None:
        for check, ok in probes.checks.items():
            yield (check,), ok


def _breaker_states(snapshot: Snapshot) -> Read:
    for name, breaker in (snapshot.facts.breakers or {}).items():
        for state in Breaker:
            yield (name, state), state is breaker.state


def _breaker_failures(snapshot: Snapshot) -> Read:
    for name, breaker in (snapshot.facts.breakers or {}).items():
        yield (name,), breaker.failures


def _kill_switch(snapshot: Snapshot) -> Read:
    yield (), snapshot.facts.kill_switch


def _scheduled(field: Callable[[Schedule], float | None]) -> Callable[[Snapshot], Read]:
    def read(snapshot: Snapshot) -> Read:
        for name, schedule in (snapshot.facts.schedules or {}).items():
            yield (name,), field(schedule)

    return read


METRICS: tuple[Metric[Snapshot], ...] = (
    Metric(
        "jobqueue_readiness_ok",
        Type.GAUGE,
        SOURCE,
        "1 if the readiness endpoint says that all is well, 0 if it says otherwise or does not answer.",
        _probed(lambda probes: probes.ready),
    ),
    Metric(
        "jobqueue_liveness_ok",
        Type.GAUGE,
        SOURCE,
        "1 if the liveness endpoint answers well, 0 if it does not or gives no answer.",
        _probed(lambda probes: probes.live),
    ),
    Metric(
        "jobqueue_readiness_check",
        Type.GAUGE,
        (*SOURCE, "check"),
        "1 if this check of the readiness endpoint is well.",
        _checks,
    ),
    Metric(
        "jobqueue_circuit_breaker_state",
        Type.GAUGE,
        (*SOURCE, "breaker", "state"),
        "1 for the state in which the circuit breaker is, 0 for the others.",
        _breaker_states,
    ),
    Metric(
        "jobqueue_circuit_breaker_failures",
        Type.GAUGE,
        (*SOURCE, "breaker"),
        "Failures that the circuit breaker counts at the moment.",
        _breaker_failures,
    ),
    Metric(
        "jobqueue_kill_switch_active",
        Type.GAUGE,
        SOURCE,
        "1 if the kill switch is on, so that no work is done.",
        _kill_switch,
    ),
    Metric(
        "jobqueue_schedule_last_success_timestamp_seconds",
        Type.GAUGE,
        (*SOURCE, "schedule"),
        "When recurring work last succeeded; absent if it never has.",
        _scheduled(lambda schedule: schedule.last_success),
    ),
    Metric(
        "jobqueue_schedule_interval_seconds",
        Type.GAUGE,
        (*SOURCE, "schedule"),
        "How far apart recurring work should succeed.",
        _scheduled(lambda schedule: schedule.interval_seconds),
    ),
)
