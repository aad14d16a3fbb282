"""Gives dead jobs back to their workers: those that failed, and those in a dead letter queue."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import redis

from jobqueue_exporter.engines.bullmq.jobs import WAITS, Place
from jobqueue_exporter.engines.bullmq.library import Library
from jobqueue_exporter.engines.operations import Change
from jobqueue_exporter.sources.redis_errors import explained, said

if TYPE_CHECKING:
    from bullmq import Queue  # type: ignore[import-untyped]  # it has no types

_FITTING = {"5", "6"}
_OF_THE_OLD_JOB = {"jobId", "delay", "timestamp", "parent", "repeat", "repeatJobKey", "prevMillis", "deduplication"}
_ALL_ATTEMPTS = {"resetAttemptsMade": True}
T = TypeVar("T")


class Requeue:
    """Requeues by the engine's own library; what it refuses is left as it is."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def one(self, job_id: str, place: Place, main: str | None, *, unfit: str) -> Change:
        """What became of one job in its place; `main` is the queue whose dead letters its queue holds, and
        `unfit` says why the library must not touch the queue that it goes to."""
        if place.word != "failed" and not (main and place.word in WAITS):
            return Change(job_id, False, f"it is {place.word}, neither failed nor in a dead letter queue: left alone")
        if unfit:
            return Change(job_id, False, unfit)
        text = place.id.decode("utf-8", "replace")
        try:
            if main:
                return self._back(job_id, place.queue, text, main)
            self._run(place.queue, lambda queue: _retried(queue, text))
        except (TypeError, ValueError) as error:
            return Change(job_id, False, f"BullMQ refused: {said(error)}")
        return Change(job_id, True, f"given back to {place.queue}, with all its attempts")

    def _back(self, job_id: str, dead: str, text: str, main: str) -> Change:
        """Add it to its main queue, and only then remove it here. Where it is there already it is not added."""
        found = self._run(dead, lambda queue: _read(queue, text))
        if found is None:
            return Change(job_id, False, "it is gone")
        name, data, options = found
        # An id of its own names the same job in both queues; a number means something else in each.
        new_id = f"{dead}-{text}" if text.isdecimal() else text
        there = self._run(main, lambda queue: _state(queue, new_id))
        if there == "failed":
            self._run(main, lambda queue: _retried(queue, new_id))
            how = "with all its attempts and its data of there, where it had failed"
        elif there is None:
            self._run(main, lambda queue: queue.add(name, data, {**options, "jobId": new_id}))
            how = f"with {_attempts(options)} and the data that it had in {dead}"
        else:
            return Change(job_id, False, f"{main} has a job {new_id} already, which is {there}: left alone")
        back = f"given back to {main} as {new_id}, {how}"
        if self._run(dead, lambda queue: queue.remove(text)):
            return Change(job_id, True, f"{back}; removed from {dead}")
        return Change(job_id, False, f"{back}; but {dead} holds it still: remove it there")

    def _run(self, queue: str, act: Callable[[Queue], Awaitable[T]]) -> T:
        try:
            return self._library.run(queue, act)
        except (redis.RedisError, OSError) as error:
            raise explained(error) from error


def unfit(version: str, *, paused: bool) -> str:
    """Why the library's scripts must not touch a queue of that version; empty where they may.

    They are BullMQ 6's. Those of 5 keep the jobs of a paused queue in another list, over which resuming would
    write the list that 6 uses.
    """
    major = version.removeprefix("bullmq:").partition(".")[0]
    if version and major not in _FITTING:
        return f"the queue was made by BullMQ {version.removeprefix('bullmq:')}, and only 5 and 6 are known to fit"
    if paused and major != "6":
        return "the queue is paused, and a job given back now would be lost when BullMQ 5 resumes it: resume it first"
    return ""


def _attempts(options: Mapping[str, Any]) -> str:
    """What a dead letter queue keeps of the attempts; whoever fed it may have left them out."""
    attempts = options.get("attempts")
    if not isinstance(attempts, int) or attempts < 1:
        return "1 attempt, as none are named in its options,"
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


async def _retried(queue: Queue, job_id: str) -> None:
    from bullmq import Job

    job = await Job.fromId(queue, job_id)
    if job is None:
        raise ValueError(f"there is no job {job_id} any more")
    await job.retry("failed", _ALL_ATTEMPTS)


async def _read(queue: Queue, job_id: str) -> tuple[str, Any, dict[str, Any]] | None:
    from bullmq import Job

    job = await Job.fromId(queue, job_id)
    if job is None:
        return None
    return job.name, job.data, {name: value for name, value in job.opts.items() if name not in _OF_THE_OLD_JOB}


async def _state(queue: Queue, job_id: str) -> str | None:
    from bullmq import Job

    job = await Job.fromId(queue, job_id)
    return None if job is None else str(await job.getState())
