"""Metrics of live and of dead jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jobqueue_exporter.catalog.metric import LANE, SOURCE, Metric, Type, names
from jobqueue_exporter.model import LaneJobs, Snapshot

Read = Iterator[tuple[tuple[str, ...], float | None]]


def _jobs(snapshot: Snapshot) -> Read:
    for lane, jobs in (snapshot.facts.lanes or {}).items():
        for state, count in jobs.counts.items():
            yield (*names(lane), state), count


def _capped(snapshot: Snapshot) -> Read:
    for state, capped in (snapshot.facts.capped or {}).items():
        yield (state,), capped


def _of_lane(field: Callable[[LaneJobs], float | None]) -> Callable[[Snapshot], Read]:
    def read(snapshot: Snapshot) -> Read:
        for lane, jobs in (snapshot.facts.lanes or {}).items():
            yield names(lane), field(jobs)

    return read


def _causes(snapshot: Snapshot) -> Read:
    for lane, dead in (snapshot.facts.dead_letters or {}).items():
        for cause, count in dead.causes.items():
            yield (*names(lane), cause), count


def _recent(snapshot: Snapshot) -> Read:
    for lane, dead in (snapshot.facts.dead_letters or {}).items():
        for window, count in (dead.recent or {}).items():
            yield (*names(lane), window), count


def _attempts(snapshot: Snapshot) -> Read:
    for lane, dead in (snapshot.facts.dead_letters or {}).items():
        yield names(lane), dead.attempts_average


def _recovery(snapshot: Snapshot) -> Read:
    if (recovery := snapshot.facts.recovery) is not None:
        for state, count in recovery.jobs.items():
            yield (state,), count


def _recovery_age(snapshot: Snapshot) -> Read:
    if (recovery := snapshot.facts.recovery) is not None:
        yield (), recovery.oldest_pending_seconds


METRICS: tuple[Metric[Snapshot], ...] = (
    Metric(
        "jobqueue_jobs",
        Type.GAUGE,
        (*LANE, "state"),
        "Live jobs by state; each job is in exactly one state.",
        _jobs,
    ),
    Metric(
        "jobqueue_jobs_capped",
        Type.GAUGE,
        (*SOURCE, "state"),
        "1 if counting the jobs of this state stopped at the cap, so that all its lanes are low.",
        _capped,
    ),
    Metric(
        "jobqueue_oldest_pending_age_seconds",
        Type.GAUGE,
        LANE,
        "How long the oldest job that could be claimed now has been due, 0 when there is none.",
        _of_lane(lambda jobs: jobs.oldest_pending_seconds),
    ),
    Metric(
        "jobqueue_oldest_running_age_seconds",
        Type.GAUGE,
        LANE,
        "How long the longest running job has been running, 0 when there is none.",
        _of_lane(lambda jobs: jobs.oldest_running_seconds),
    ),
    Metric(
        "jobqueue_oldest_dead_letter_age_seconds",
        Type.GAUGE,
        LANE,
        "How long the oldest dead job has been dead, 0 when there is none.",
        _of_lane(lambda jobs: jobs.oldest_dead_letter_seconds),
    ),
    Metric(
        "jobqueue_due_not_promoted",
        Type.GAUGE,
        LANE,
        "Due jobs that the engine's own scheduler has left behind.",
        _of_lane(lambda jobs: jobs.due_not_promoted),
    ),
    Metric(
        "jobqueue_stuck_jobs",
        Type.GAUGE,
        LANE,
        "Running jobs whose lease or heartbeat has expired.",
        _of_lane(lambda jobs: jobs.stuck),
    ),
    Metric(
        "jobqueue_dead_letter_jobs",
        Type.GAUGE,
        (*LANE, "cause"),
        "Dead jobs by cause, over the newest 1,000 of the source.",
        _causes,
    ),
    Metric(
        "jobqueue_dead_letter_recent",
        Type.GAUGE,
        (*LANE, "window"),
        "Jobs that died within the window.",
        _recent,
    ),
    Metric(
        "jobqueue_dead_letter_attempts_average",
        Type.GAUGE,
        LANE,
        "Attempts that a dead job took, on average over those looked at.",
        _attempts,
    ),
    Metric(
        "jobqueue_recovery_jobs",
        Type.GAUGE,
        (*SOURCE, "recovery_state"),
        "Dead jobs on their way back, by how far they have come.",
        _recovery,
    ),
    Metric(
        "jobqueue_recovery_oldest_age_seconds",
        Type.GAUGE,
        SOURCE,
        "How long the oldest dead job that waits for a person has waited, 0 when there is none.",
        _recovery_age,
    ),
)
