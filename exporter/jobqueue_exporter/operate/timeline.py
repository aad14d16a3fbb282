"""What is known to have happened to a job, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jobqueue_exporter.engines.operations import Detail, Job
from jobqueue_exporter.model import State

# Rows and events are often written by two statements, and their moments by two clocks.
_SAME_SECONDS = 1.0
_EXACTLY_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class _Milestone:
    """What a job's row says, and the words by which an event tells the same."""

    at: float
    what: str
    text: str
    words: frozenset[str]


def timeline(detail: Detail) -> tuple[tuple[float, str, str], ...]:
    """What is known to have happened to a job, the oldest first: (moment, what, text).

    Moments that an event tells are not repeated from the row; what only the row tells says so.
    """
    told = [(event.at, event.what, event.text) for event in detail.events or ()]
    only = [
        (stone.at, stone.what, stone.text)
        for stone in _milestones(detail.job)
        if not any(_same(stone, at, what) for at, what, _ in told)
    ]
    return tuple(sorted(only + told, key=lambda entry: entry[0]))


def _milestones(job: Job) -> Iterator[_Milestone]:
    by = f"by {job.worker}; " if job.worker else ""
    if job.created_at is not None:
        words = frozenset({"enqueued", "queued", "created", "deferred", "added", "inserted", "submitted"})
        yield _Milestone(job.created_at, "created", "told by its row", words)
    if job.due_at is not None and job.due_at != job.created_at:
        text = "could be taken from here on; told by its row"
        yield _Milestone(
            job.due_at, "due", text, frozenset({"scheduled", "due", "retry", "delayed", "deferred_for_retry"})
        )
    if job.started_at is not None:
        words = frozenset({"claimed", "started", "running", "processing", "active", "locked"})
        yield _Milestone(job.started_at, "started", f"{by}told by its row", words)
    if job.heartbeat_at is not None:
        yield _Milestone(
            job.heartbeat_at, "last heartbeat", f"{by}told by its row", frozenset({"heartbeat", "progress"})
        )
    if job.ended_at is not None:
        dead = job.state is State.DEAD_LETTER
        words = frozenset(
            {"finished", "completed", "succeeded", "failed", "dead_letter", "cancelled", "aborted", "done", "dead"}
        )
        text = f"{job.error}; told by its row" if dead and job.error else "told by its row"
        yield _Milestone(job.ended_at, "dead" if dead else job.word, text, words)


def _same(stone: _Milestone, at: float, what: str) -> bool:
    apart = abs(stone.at - at)
    return apart <= _EXACTLY_SECONDS or (apart <= _SAME_SECONDS and what.lower() in stone.words)
