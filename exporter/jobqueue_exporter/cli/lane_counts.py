"""The numbers of jobs of a source, lane by lane and in all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobqueue_exporter.cli.documents import stats
from jobqueue_exporter.model import Lane, LaneJobs, Policy, Snapshot, State

STATES = tuple(State)


def lanes(snapshot: Snapshot) -> list[stats.Lane]:
    """Every lane, the busiest first."""
    found = [_lane(snapshot, lane, jobs) for lane, jobs in (snapshot.facts.lanes or {}).items()]
    return sorted(found, key=lambda one: (*_business(one.jobs), one.queue, one.kind))


def total(snapshot: Snapshot) -> stats.Jobs:
    """All lanes together; what no lane tells is None."""
    known = list((snapshot.facts.lanes or {}).values())
    if not known and snapshot.up and snapshot.facts.lanes is not None:
        # No lane is known yet: what an empty one would tell is what there is.
        known = [snapshot.facts.empty_lane or _NOTHING]
    return _jobs(
        {state: _sum(one.counts.get(state) for one in known) for state in STATES},
        _sum(one.stuck for one in known),
        max((age for one in known if (age := one.oldest_pending_seconds) is not None), default=None),
    )


_NOTHING = LaneJobs(counts=dict.fromkeys((State.PENDING, State.RUNNING, State.DEAD_LETTER), 0))


def any_jobs(jobs: stats.Jobs) -> bool:
    """Whether there is a job in any state that is told."""
    return any(getattr(jobs, state) for state in STATES)


def _lane(snapshot: Snapshot, lane: Lane, found: LaneJobs) -> stats.Lane:
    paused = None if snapshot.facts.paused is None else snapshot.facts.paused.get(lane.queue, False)
    objective = snapshot.policies.get(lane, Policy()).wait_objective_seconds
    return stats.Lane(
        queue=lane.queue,
        kind=lane.kind,
        paused=paused,
        jobs=_jobs({state: found.counts.get(state) for state in STATES}, found.stuck, found.oldest_pending_seconds),
        objective_seconds=float(objective),
        late=not paused and (found.oldest_pending_seconds or 0) > objective,
    )


def _jobs(counts: Mapping[State, int | None], stuck: int | None, oldest: float | None) -> stats.Jobs:
    return stats.Jobs(
        pending=counts[State.PENDING],
        scheduled=counts[State.SCHEDULED],
        retrying=counts[State.RETRYING],
        blocked=counts[State.BLOCKED],
        running=counts[State.RUNNING],
        dead_letter=counts[State.DEAD_LETTER],
        stuck=stuck,
        oldest_pending_seconds=oldest,
    )


def _business(jobs: stats.Jobs) -> tuple[int, int, int]:
    """What to sort by: waiting and running first, then what comes later, then the dead."""
    later = sum(count or 0 for count in (jobs.scheduled, jobs.retrying, jobs.blocked))
    return (-(jobs.pending or 0) - (jobs.running or 0), -later, -(jobs.dead_letter or 0))


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
