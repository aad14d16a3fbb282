"""Where jobs are: BullMQ holds the id of each in one of the lists and sets of its queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.reader import Core
from jobqueue_exporter.engines.bullmq.replies import good
from jobqueue_exporter.sources.redis import Command, Reply, Session

LISTS = ("wait", "paused", "active")
SETS = ("prioritized", "delayed", "waiting-children", "completed", "failed")
WAITS = frozenset({"wait", "paused", "prioritized", "delayed", "waiting-children"})
NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job is: `word` is the list or set that holds it, `score` its score in that set."""

    queue: str
    id: bytes
    word: str
    score: float | None = None

    @property
    def name(self) -> str:
        """The id of the job among those of all queues."""
        return f"{self.queue}/{self.id.decode('utf-8', 'replace')}"


@dataclass(frozen=True, slots=True)
class Address:
    """A queue and an id that there may be in it."""

    queue: str
    id: bytes


def addresses(core: Core, job_id: str) -> list[Address]:
    """What an id may mean. Names of queues and ids may hold a slash; the longest name counts. With a single queue,
    an id alone is one of its jobs."""
    named = [
        Address(queue, job_id.removeprefix(f"{queue}/").encode())
        for queue in sorted(core.found, key=len, reverse=True)
        if job_id.startswith(f"{queue}/")
    ]
    return [*named, Address(core.mains[0], job_id.encode())] if len(core.mains) == 1 else named


def found(session: Session, core: Core, prefix: str, ids: Sequence[str]) -> dict[str, Place]:
    """Where the jobs of these ids are, of those that are there. Raises redis.RedisError.

    Lists are searched only for those that are in no set: that costs as much as the list is long.
    """
    meant = {job_id: addresses(core, job_id) for job_id in ids}
    every = list(dict.fromkeys(one for each in meant.values() for one in each))
    known = _searched(session, prefix, every, SETS)
    left = [one for one in every if one in known and known[one].word == NOWHERE]
    known = {one: place for one, place in known.items() if place.word != NOWHERE}
    known |= _searched(session, prefix, left, (*LISTS, *SETS))
    first = {job_id: next((known[one] for one in each if one in known), None) for job_id, each in meant.items()}
    return {job_id: place for job_id, place in first.items() if place}


def _searched(
    session: Session, prefix: str, wanted: Sequence[Address], parts: Sequence[str]
) -> Mapping[Address, Place]:
    """Where each of these is, as far as these parts tell, each of them at one moment."""
    asked: list[Command] = []
    for one in wanted:
        keys = Keys(prefix, one.queue)
        asked += [("MULTI",), ("EXISTS", keys.job(one.id)), *(_look(keys, part, one.id) for part in parts), ("EXEC",)]
    replies = session.replies(asked)
    step = len(parts) + 3
    executed = [good(good(replies[at : at + step])[-1]) for at in range(0, len(replies), step)]
    return {one: _place(one, parts, there) for one, (exists, *there) in zip(wanted, executed, strict=True) if exists}


def _look(keys: Keys, part: str, job_id: bytes) -> Command:
    return ("LPOS" if part in LISTS else "ZSCORE", keys.of(part), job_id)


def _place(one: Address, parts: Sequence[str], there: Sequence[Reply]) -> Place:
    part = next((part for part, reply in zip(parts, there, strict=True) if reply is not None), NOWHERE)
    score = there[parts.index(part)] if part in SETS else None
    return Place(one.queue, one.id, part, None if score is None else float(score))
