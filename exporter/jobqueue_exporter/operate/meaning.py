"""What the state of a job means, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from jobqueue_exporter.durations import human
from jobqueue_exporter.engines.operations import Change, Job, Operation
from jobqueue_exporter.model import Cause, Policy, RecoveryState, State
from jobqueue_exporter.operate.timeline import timeline

__all__ = ["COMMANDS", "Meaning", "instead", "of", "timeline"]

COMMANDS = {
    Operation.REQUEUE: "dlq requeue",
    Operation.RECLAIM: "jobs reclaim",
    Operation.CANCEL: "jobs cancel",
    Operation.ABANDON: "dlq abandon",
    Operation.DELETE: "dlq delete",
}
"""The command of each operation, as in `jobs cancel ID`."""

_OF_CAUSE = {
    Cause.RECOVERABLE: "What stopped it passes by itself: requeue it as soon as that has passed.",
    Cause.USER_ERROR: "What it was given is wrong: as it is, it fails again. Mend it, or give the job up.",
    Cause.SYSTEM_ERROR: "Something of ours is broken: fix that first, then requeue it.",
    Cause.UNKNOWN: "Its error matches no known cause: read it, and fix what it says before requeueing.",
}
_NO_CAUSE = "Why, this source does not say: read its error, and fix what it says before requeueing."


@dataclass(frozen=True, slots=True)
class Meaning:
    """`word` is one of: dead, stuck, slow, waiting long, last attempt, parked, blocked, fine, done. `commands` come
    without the name of the source, as in `dlq inspect ID`."""

    word: str
    text: str
    commands: tuple[str, ...] = ()


def of(job: Job, policy: Policy, now: float, offers: frozenset[Operation], live: str = "") -> Meaning:
    """What this job's state means at `now` on its source's clock, where the engine offers these operations.

    `live` is the id of its job in the jobs table, for a row of a table of dead jobs that tells it.
    """
    if job.state is None:
        return _ended(job, now, live)
    if job.state is State.DEAD_LETTER:
        return _dead(job, now, offers)
    if job.state is State.RUNNING:
        return _running(job, policy, now, offers)
    if job.state is State.BLOCKED:
        text = f"{_for('It waits', job, now)}, and not for time: a lock, another job or a limit holds it back."
        running = f"jobs list --state running --queue {shlex.quote(job.lane.queue)}"
        return Meaning("blocked", text, (running, *_offered(job, offers, Operation.CANCEL)))
    if job.state is State.PENDING:
        return _pending(job, policy, now, offers)
    return _parked(job, now, offers)


def instead(change: Change, operation: Operation | None = None) -> str:
    """The command that fits a job that was left alone, as `jobs cancel ID`; empty where there is none.

    With the operation that was wanted of it, the one that does the like in the state where the job is.
    """
    if change.done or (change.done is False and change.state is None and not change.word):
        return ""
    if change.done is None or change.state is None:
        return command("jobs status", change.id)
    if change.state is State.DEAD_LETTER:
        given_up = operation is Operation.CANCEL
        return command("dlq abandon" if given_up else "dlq inspect", change.id)
    waits = change.state is not State.RUNNING
    if waits and operation in (Operation.ABANDON, Operation.DELETE):
        return command("jobs cancel", change.id)
    return command("jobs status", change.id)


def command(words: str, job_id: str) -> str:
    """The command about this job, fit for a shell whatever the id holds."""
    return f"{words} {'-- ' if job_id.startswith('-') else ''}{shlex.quote(job_id)}"


def _ended(job: Job, now: float, live: str) -> Meaning:
    # A row of a table of dead jobs ended when its job died; what came of it, it tells by when it was last changed.
    moment = job.ended_at if job.recovery is None else job.updated_at
    when = "" if moment is None else f" {human(max(now - moment, 0))} ago"
    if job.recovery is RecoveryState.RECOVERED:
        text = f"It was dead, and was given back{when}."
        if live:
            return Meaning(
                "done", f"{text} How its job is since then, its own row says.", (command("jobs status", live),)
            )
        return Meaning("done", f"{text} How its job is since then, this row does not say.", _history(job))
    if job.recovery is RecoveryState.ABANDONED:
        text = f"It was dead, and has been given up{when}."
    else:
        text = f"It has ended{when}, as its engine says: {job.word}."
    return Meaning("done", f"{text} There is nothing to do.", _history(job))


def _history(job: Job) -> tuple[str, ...]:
    return (command("jobs history", job.id),)


def _dead(job: Job, now: float, offers: frozenset[Operation]) -> Meaning:
    attempts = f" after {_attempts(job)}" if job.attempts is not None else ""
    why = _NO_CAUSE if job.cause is None else _OF_CAUSE[job.cause]
    first, second = Operation.REQUEUE, Operation.ABANDON
    if job.cause is Cause.USER_ERROR:
        first, second = second, first
    text = f"{_for('It is dead', job, now)}{attempts}, and will not run again by itself. {why}"
    return Meaning("dead", text, _offered(job, offers, first, second))


def _running(job: Job, policy: Policy, now: float, offers: frozenset[Operation]) -> Meaning:
    silent = "" if job.heartbeat_at is None else human(max(now - job.heartbeat_at, 0))
    if job.stuck:
        lost = f"Its worker has given no sign of life for {silent}" if silent else "Its worker is lost"
        end = " It has no attempts left: reclaimed, it is dead." if _spent(job) else ""
        text = f"{lost}, and it can only go on when it is reclaimed.{end}"
        return Meaning("stuck", text, (*_offered(job, offers, Operation.RECLAIM), "workers list"))
    started = job.started_at if job.started_at is not None else job.since
    ran = None if started is None else max(now - started, 0)
    runs = "It runs" if ran is None else f"It runs for {human(ran)}"
    sign = f"the last sign of life came {silent} ago" if silent else "whether its worker lives, its source cannot tell"
    if ran is not None and ran > policy.max_runtime_seconds:
        text = f"{runs}, longer than the {human(policy.max_runtime_seconds)} that it may; {sign}."
        return Meaning("slow", text, (command("jobs history", job.id), "workers list"))
    if _spent(job):
        return Meaning("last attempt", f"{runs}; {sign}. It has used {_attempts(job)}: when it fails, it is dead.")
    return Meaning("fine", f"{runs}; {sign}.{_perhaps_last(job)}")


def _pending(job: Job, policy: Policy, now: float, offers: frozenset[Operation]) -> Meaning:
    objective = human(policy.wait_objective_seconds)
    since = job.since if job.since is not None else job.created_at
    last = f" {_if_it_fails(job)}" if _last(job) else ""
    if since is None:
        text = f"It waits for a worker, since when is not known; objective {objective}.{last}"
        return Meaning("last attempt" if last else "fine", text)
    waited = max(now - since, 0)
    text = f"It waits for {human(waited)}, objective {objective}.{last}"
    if waited > policy.wait_objective_seconds:
        return Meaning("waiting long", text, ("workers status", *_offered(job, offers, Operation.CANCEL)))
    return Meaning("last attempt" if last else "fine", text)


def _parked(job: Job, now: float, offers: frozenset[Operation]) -> Meaning:
    what = "Its retry" if job.state is State.RETRYING else "It"
    if job.due_at is None:
        text = f"{what} is due later; when is not known."
    elif job.due_at > now:
        text = f"{what} is due in {human(job.due_at - now)}; until then it is parked."
    else:
        text = f"{what} was due {human(now - job.due_at)} ago, and has not been taken up yet."
    last = job.state is State.RETRYING and _last(job)
    text = f"{text} {_if_it_fails(job)}" if last else text
    return Meaning("last attempt" if last else "parked", text, _offered(job, offers, Operation.CANCEL))


def _for(text: str, job: Job, now: float) -> str:
    """`It is dead for 2h`; without the span where it is not known."""
    return text if job.since is None else f"{text} for {human(max(now - job.since, 0))}"


def _attempts(job: Job) -> str:
    if job.max_attempts is None:
        return f"{job.attempts} attempt{'' if job.attempts == 1 else 's'}"
    return f"{job.attempts} of {job.max_attempts} attempts"


def _spent(job: Job) -> bool:
    return None not in (job.attempts, job.max_attempts) and (job.attempts or 0) >= (job.max_attempts or 0)


def _last(job: Job) -> bool:
    """Whether it has failed before, and dies when it fails once more."""
    return bool(job.attempts and job.max_attempts and job.attempts >= job.max_attempts - 1)


def _perhaps_last(job: Job) -> str:
    """Some engines count an attempt when it begins, others when it ends."""
    if job.attempts is None or job.max_attempts is None or job.attempts < job.max_attempts - 1:
        return ""
    return f" It has used {_attempts(job)}: this may be its last."


def _if_it_fails(job: Job) -> str:
    return f"It has used {_attempts(job)}: when it fails once more, it is dead."


def _offered(job: Job, offers: frozenset[Operation], *operations: Operation) -> tuple[str, ...]:
    def commands() -> Iterator[str]:
        for operation in operations:
            # A row of a table of dead jobs is no job that waits in a queue.
            if operation in offers and (operation is not Operation.CANCEL or job.recovery is None):
                yield command(COMMANDS[operation], job.id)

    return tuple(commands())
