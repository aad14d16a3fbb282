"""Lanes made of what was counted and looked at: one for each queue, dead letter queues within those they serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq.counts import Counts
from jobqueue_exporter.engines.bullmq.details import Details, Waiting
from jobqueue_exporter.model import Lane, LaneJobs, State

EMPTY = LaneJobs(
    counts=dict.fromkeys(State, 0),
    oldest_pending_seconds=0.0,
    oldest_running_seconds=0.0,
    oldest_dead_letter_seconds=0.0,
    due_not_promoted=0,
    stuck=0,
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one reading found of one queue."""

    counts: Counts
    details: Details


class Requeued:
    """Since when jobs are known to wait that were given back after they had failed.

    BullMQ leaves no trace of when that was: such a job counts as waiting since it was first seen to.
    """

    def __init__(self) -> None:
        self._since: dict[tuple[str, bytes], float] = {}

    def see(self, found: Mapping[str, Found], now: float) -> None:
        """These queues were found at `now`, in milliseconds; what no longer waits first is forgotten."""
        seen = [(queue, one.id) for queue, each in found.items() for one in each.details.waiting if one.requeued]
        self._since = {key: self._since.get(key, now) for key in seen}

    def ready_at(self, queue: str, job: Waiting) -> float:
        """Since when a job is known to be ready, in milliseconds."""
        return max(job.ready_at, self._since.get((queue, job.id), 0.0))


def lanes(
    found: Mapping[str, Found], serves: Mapping[str, str], requeued: Requeued, now: float
) -> dict[Lane, LaneJobs]:
    """The lanes of these queues at `now` (milliseconds); `serves` says which queue a dead letter queue is of."""
    own = {
        queue: _own(each, [requeued.ready_at(queue, one) for one in each.details.waiting], now)
        for queue, each in found.items()
        if queue not in serves
    }
    for queue, main in serves.items():
        if queue in found and main in own:
            own[main] = _with_dead(own[main], found[queue], found[main].counts.failed, now)
    return {Lane(queue): jobs for queue, jobs in own.items()}


def capped(found: Mapping[str, Found], serves: Mapping[str, str]) -> dict[State, bool]:
    """Whether more jobs were there than were looked at.

    Of delayed ones the others are told as scheduled, though some may have been tried: both numbers are uncertain,
    and their sum is not. Of those in a dead letter queue the others are told as copies as far as they may be.
    """
    split = bool(unsplit(found))
    unmatched = any(
        _copies(found[queue], found[main].counts.failed) > found[queue].details.copies
        for queue, main in serves.items()
        if queue in found and main in found
    )
    return {State.SCHEDULED: split, State.RETRYING: split, State.DEAD_LETTER: unmatched}


def unsplit(found: Mapping[str, Found]) -> list[str]:
    """The queues in which more jobs are delayed than were looked at."""
    return [queue for queue, each in found.items() if each.counts.delayed - each.counts.due > len(each.counts.later)]


def unmatched(found: Mapping[str, Found], serves: Mapping[str, str]) -> list[str]:
    """The dead letter queues of which copies cannot be told: an id that BullMQ gave is of another job in each."""
    return [
        queue
        for queue, main in serves.items()
        if main in found and found[main].counts.failed and queue in found and found[queue].details.numbered
    ]


def unlocked_beyond(found: Mapping[str, Found]) -> list[str]:
    """The queues in which more jobs run than were looked at for their locks."""
    return [queue for queue, each in found.items() if each.counts.active > len(each.counts.running)]


def _own(found: Found, ready: list[float], now: float) -> LaneJobs:
    counts, details = found.counts, found.details
    pending = counts.ready + counts.prioritized + counts.due
    times = ready if counts.first_due is None else [*ready, counts.first_due]
    return LaneJobs(
        counts={
            State.PENDING: pending,
            State.SCHEDULED: counts.delayed - counts.due - details.retrying,
            State.RETRYING: details.retrying,
            State.BLOCKED: counts.children,
            State.RUNNING: counts.active,
            State.DEAD_LETTER: counts.failed,
        },
        oldest_pending_seconds=_age(min(times, default=None), pending, now),
        oldest_running_seconds=_age(details.oldest_started, counts.active, now),
        oldest_dead_letter_seconds=_age(counts.first_failed, counts.failed, now),
        due_not_promoted=counts.due,
        stuck=details.stuck,
    )


def _copies(beside: Found, failed: int) -> int:
    """How many jobs of a dead letter queue may be copies of jobs that its main queue holds as `failed`."""
    unseen = max(0, beside.counts.waiting - len(beside.counts.seen))
    return min(max(failed, beside.details.copies), beside.details.copies + unseen)


def _with_dead(main: LaneJobs, beside: Found, failed: int, now: float) -> LaneJobs:
    """The lane of a queue with what lies in its dead letter queue, copies of its own failed jobs left out. What a
    worker has taken from there runs."""
    counts, details = beside.counts, beside.details
    waiting = max(0, counts.waiting - _copies(beside, failed))
    times = [one.ready_at for one in details.waiting]
    times += [at for at in (counts.first_failed, counts.first_due) if at is not None]
    dead = _age(min(times, default=None), waiting + counts.failed, now)
    running = _age(details.oldest_started, counts.active, now)
    states = dict(main.counts)
    states[State.DEAD_LETTER] += waiting + counts.failed
    states[State.RUNNING] += counts.active
    return LaneJobs(
        counts=states,
        oldest_pending_seconds=main.oldest_pending_seconds,
        oldest_running_seconds=_older(main.oldest_running_seconds, running),
        oldest_dead_letter_seconds=_older(main.oldest_dead_letter_seconds, dead),
        due_not_promoted=main.due_not_promoted,
        stuck=(main.stuck or 0) + details.stuck,
    )


def _age(since: float | None, jobs: int, now: float) -> float | None:
    """Seconds since then; 0 without jobs, and None where the jobs that were looked at went meanwhile."""
    if not jobs:
        return 0.0
    return None if since is None else max(0.0, (now - since) / 1000)


def _older(one: float | None, other: float | None) -> float | None:
    return max((age for age in (one, other) if age is not None), default=None)
