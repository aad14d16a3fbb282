"""What became of jobs whose change was cut off while it was being committed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from jobqueue_exporter.engines.operations import Change, Job, Operation, Operator
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.model import RecoveryState, State
from jobqueue_exporter.operate.signals import Signals

# A commit may take effect a while after its connection broke, so that one look is not enough to say it did not.
_LOOKS = 5
_LOOK_SECONDS = 1.0
_WAITS = frozenset({State.PENDING, State.SCHEDULED, State.RETRYING, State.BLOCKED})


def settled(operator: Operator, operation: Operation, changes: Sequence[Change], stop: Signals) -> tuple[Change, ...]:
    """The changes, with those of which it is unknown whether they are in force looked up, if the source answers.

    It is asked for some seconds, or until a person wants it to stop. What cannot be found out stays unknown. The
    operator must look where the change was made: a copy that lags behind would show them as they were.
    """
    unknown = {change.id for change in changes if change.done is None}
    found: dict[str, Change] = {}
    for _ in range(_LOOKS):
        if all(job_id in found and found[job_id].done for job_id in unknown):
            break
        stop.wait(_LOOK_SECONDS)
        with suppress(SourceError), stop.at_once():
            found = {job_id: _told(operation, job_id, _now(operator, job_id)) for job_id in sorted(unknown)}
        if stop.asked:
            break
    return tuple(
        replace(found[change.id], audited=change.audited) if change.id in found else change for change in changes
    )


def _now(operator: Operator, job_id: str) -> Job | None:
    """The job, found by whatever form of its id a person gave."""
    return next(iter(operator.look([job_id])), None)


def _told(operation: Operation, job_id: str, job: Job | None) -> Change:
    """What a job that was looked at says of a change that was cut off."""
    seen = f"it is {job.word} now" if job else "it is gone now"
    cut_off = "the connection broke during the change"
    if _in_force(operation, job):
        return Change(job_id, True, f"{cut_off}, but {seen}")
    return Change(job_id, False, f"{cut_off}, and {seen}", job.state if job else None, job.word if job else "")


def _in_force(operation: Operation, job: Job | None) -> bool:
    """Whether a job is where this operation brings it, and not where it is taken from."""
    if job is None:
        return True
    match operation:
        case Operation.REQUEUE:
            return job.state is not State.DEAD_LETTER
        case Operation.RECLAIM:
            return not (job.state is State.RUNNING and job.stuck)
        case Operation.CANCEL:
            return job.state not in _WAITS
        case Operation.ABANDON:
            return job.recovery is RecoveryState.ABANDONED or job.state is not State.DEAD_LETTER
        case Operation.DELETE:
            return False
