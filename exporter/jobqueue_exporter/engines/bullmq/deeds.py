"""What the library is told, to change one job as a person has ordered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from jobqueue_exporter.engines.bullmq.judgement import Case
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.library import Transaction
from jobqueue_exporter.engines.operations import Operation, Order
from jobqueue_exporter.sources.redis_errors import said

if TYPE_CHECKING:
    from bullmq import Job  # type: ignore[import-untyped]  # it has no types

_OF_THE_OLD_JOB = {"jobId", "delay", "timestamp", "parent", "repeat", "repeatJobKey", "prevMillis", "deduplication"}
_ALL_ATTEMPTS = {"resetAttemptsMade": True}
_NOT_ITS_CHILDREN = {"removeChildren": False}
_LOCKED, _OF_SCHEDULER = 0, -8
Act = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Deed:
    """What is told to the library, and what there is to say when it has done so. `removes`: at last."""

    acts: Sequence[Act]
    text: str
    removes: bool = False
    audited: bool = False


def deed(case: Case, order: Order, prefix: str, transaction: Transaction) -> Deed:
    """What carries the order out.

    Raises:
        TypeError, ValueError, LookupError, AttributeError: the library cannot read the job.
        redis.RedisError: Redis cannot be asked.
    """
    queue = case.place.queue
    remove: Act = partial(transaction.queue(queue).remove, _text(case.place.id), _NOT_ITS_CHILDREN)
    if order.operation is not Operation.REQUEUE:
        return Deed([remove], _removed(case), removes=True)
    job = _job(queue, case.place.id, prefix, transaction)
    if case.main is None:
        retry: Act = partial(job.retry, "failed", _ALL_ATTEMPTS)
        acts = [retry, *_log(job, queue, order, prefix, transaction)]
        return Deed(acts, f"given back to {queue}, with all its attempts", audited=True)
    if case.there:
        job = _job(case.main, case.new_id.encode(), prefix, transaction)
        back: Act = partial(job.retry, "failed", _ALL_ATTEMPTS)
        how = "with all its attempts and its data of there, where it had failed"
    else:
        options = {name: value for name, value in job.opts.items() if name not in _OF_THE_OLD_JOB}
        back = partial(transaction.queue(case.main).add, job.name, job.data, {**options, "jobId": case.new_id})
        job.id = case.new_id
        how = f"with {_attempts(options)} and the data that it had in {queue}"
    acts = [back, *_log(job, case.main, order, prefix, transaction), remove]
    text = f"given back to {case.main} as {case.new_id}, {how}; removed from {queue}"
    return Deed(acts, text, removes=True, audited=True)


def foretold(case: Case, operation: Operation) -> str:
    """What would be done with this job."""
    if operation is not Operation.REQUEUE:
        return f"would be {_removed(case)}"
    if case.main is None:
        return f"would be given back to {case.place.queue}, with all its attempts"
    return f"would be given back to {case.main} as {case.new_id}, and removed from {case.place.queue}"


def wrong(deed: Deed, replies: Sequence[Any]) -> str:
    """What the replies say went wrong, empty when all was done. The scripts leave a job alone that they refuse."""
    for reply in replies:
        if isinstance(reply, Exception):
            return f"Redis answered to it: {said(reply)}"
    codes = [reply for reply in replies if isinstance(reply, int) and reply < 0]
    codes += [replies[-1]] if deed.removes and replies[-1] == _LOCKED else []
    return _REFUSALS.get(codes[0], f"BullMQ refused with the code {codes[0]}") if codes else ""


_REFUSALS: Mapping[int, str] = {
    _LOCKED: "BullMQ refused: a worker holds its lock",
    _OF_SCHEDULER: "BullMQ refused: it is the next job of a job scheduler",
}


def _removed(case: Case) -> str:
    """What happens to a job that is removed: BullMQ keeps no trace of it."""
    text = f"removed from {case.place.queue}, where it was {case.place.word}"
    if case.children:
        text += f"; {case.children} jobs that it waits for are left"
    return f"{text}; its parent does not wait for it any more" if case.has_parent else text


def _job(queue: str, job_id: bytes, prefix: str, transaction: Transaction) -> Job:
    from bullmq import Job

    raw = transaction.raw(Keys(prefix, queue).job(job_id))
    return Job.fromJSON(transaction.queue(queue), raw, _text(job_id))


def _log(job: Job, queue: str, order: Order, prefix: str, transaction: Transaction) -> list[Act]:
    """A line of the job's own log: who did this and why. The library would write it by another connection."""
    key = Keys(prefix, queue).job(job.id.encode()) + b":logs"
    line = f"jobqueue: requeued by {order.who}" + (f": {order.reason}" if order.reason else "")
    acts: list[Act] = [partial(_told, transaction, "RPUSH", key, line)]
    if keep := job.opts.get("keepLogs"):
        acts.append(partial(_told, transaction, "LTRIM", key, -int(keep), -1))
    return acts


async def _told(transaction: Transaction, *command: str | bytes | int) -> None:
    transaction.pipe.execute_command(*command)


def _attempts(options: Mapping[str, Any]) -> str:
    """What a dead letter queue keeps of the attempts; whoever fed it may have left them out."""
    attempts = options.get("attempts")
    if not isinstance(attempts, int) or attempts < 1:
        return "1 attempt, as none are named in its options,"
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


def _text(job_id: bytes) -> str:
    return job_id.decode("utf-8", "replace")
