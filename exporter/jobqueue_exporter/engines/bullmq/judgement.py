"""Whether a job may be changed as it is now, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq import places
from jobqueue_exporter.engines.bullmq.kept import Look
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.places import WAITS, Place
from jobqueue_exporter.engines.bullmq.replies import good, mapping
from jobqueue_exporter.engines.operations import Job, Operation
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.redis import Command, Reply, Session

_FITTING = {"5", "6"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A job, and what decides whether it may be changed.

    `main` is the queue whose dead letters its queue holds, `meta` the key of the queue that it goes to, or whose
    parent job waits for it, and `unfit` why the library must not touch that queue. `scheduled`: a job scheduler made
    it. `children`: how many jobs it waits for. `there`: where its main queue has a job of the id that it would get.
    """

    place: Place
    job: Job
    main: str | None
    meta: bytes
    unfit: str
    locked: bool
    scheduled: bool
    has_parent: bool
    children: int
    there: str

    @property
    def new_id(self) -> str:
        """The id that a dead letter gets in its main queue."""
        return _new_id(self.place)


def cases(session: Session, look: Look, at: Sequence[Place], operation: Operation) -> list[Case | None]:
    """What there is to know of the jobs in these places, None for one that is gone. Raises redis.RedisError."""
    jobs = look.jobs(session, at)
    asked = [command for one in at for command in _commands(Keys(look.prefix, one.queue), one)]
    replies = good(session.replies(asked))
    steps = [replies[at : at + 3] for at in range(0, len(replies), 3)]
    parents = [str(mapping(fields[0]).get("queueKey", "")) for fields, _, _ in steps]
    metas = [_meta(look, place, parent, operation) for place, parent in zip(at, parents, strict=True)]
    kept = dict(zip(metas, session.replies([("HMGET", meta, "version", "paused") for meta in metas]), strict=True))
    there = _there(session, look, at)
    found = zip(at, jobs, parents, metas, steps, strict=True)
    return [
        Case(
            place=place,
            job=job,
            main=look.main(place),
            meta=meta,
            unfit=_unfit(kept[meta], resumes=operation is Operation.REQUEUE or bool(parent)),
            locked=bool(locked),
            scheduled=fields[1] is not None,
            has_parent=bool(parent),
            children=children,
            there=there.get(place, ""),
        )
        if job
        else None
        for place, job, parent, meta, (fields, locked, children) in found
    ]


def refusal(case: Case, operation: Operation) -> str:
    """Why this job is left alone; empty where it need not be."""
    word, dead = case.place.word, case.job.state is State.DEAD_LETTER
    if operation in (Operation.REQUEUE, Operation.DELETE) and not dead:
        return f"it is {word}, neither failed nor in a dead letter queue: left alone"
    if operation is Operation.CANCEL and word == "active":
        return "it is active, and BullMQ takes no job from its worker: left alone"
    if operation is Operation.CANCEL and (dead or word not in WAITS):
        kept = f" in {case.place.queue}, which holds dead letters" if case.main else ""
        return f"it is {word}{kept}, and does not wait for a worker: left alone"
    if operation is Operation.REQUEUE and case.there not in ("", "failed"):
        return f"{case.main} has a job {case.new_id} already, which is {case.there}: left alone"
    if operation is not Operation.REQUEUE or case.main:
        if case.locked:
            return f"it is {word}, and a worker holds its lock: left alone"
        if case.scheduled and word in WAITS:
            return "a job scheduler made it and would be broken: remove that by BullMQ's removeJobScheduler"
    return case.unfit


def _new_id(place: Place) -> str:
    """An id of its own names the same job in both queues; a number means something else in each."""
    text = place.id.decode("utf-8", "replace")
    return f"{place.queue}-{text}" if text.isdecimal() else text


def _there(session: Session, look: Look, dead: Sequence[Place]) -> dict[Place, str]:
    """Where the main queues of these have jobs of the ids that they would get."""
    wanted = {one: f"{main}/{_new_id(one)}" for one in dead if (main := look.main(one))}
    found = places.found(session, look.core, look.prefix, list(wanted.values()))
    return {one: found[name].word for one, name in wanted.items() if name in found}


def _commands(keys: Keys, place: Place) -> list[Command]:
    key = keys.job(place.id)
    return [("HMGET", key, "parent", "rjk"), ("EXISTS", keys.lock(place.id)), ("SCARD", key + b":dependencies")]


def _meta(look: Look, place: Place, parent: str, operation: Operation) -> bytes:
    """The key that tells how the queue is that a change would put a job into."""
    if operation is not Operation.REQUEUE and parent:
        return f"{parent}:meta".encode()
    return Keys(look.prefix, look.main(place) or place.queue).of("meta")


def _unfit(fields: Reply, *, resumes: bool) -> str:
    """Why the library's scripts must not touch a queue of that version; empty where they may.

    They are BullMQ 6's. Those of 5 keep the jobs of a paused queue in another list, over which resuming would
    write the list that 6 uses. `resumes`: a job would be put there, this one or one that waits for it.
    """
    version, paused = good([fields])[0]
    named = (version or b"").decode("utf-8", "replace").removeprefix("bullmq:")
    major = named.partition(".")[0]
    if named and major not in _FITTING:
        return f"the queue was made by BullMQ {named}, and only 5 and 6 are known to fit"
    if resumes and paused is not None and major != "6":
        return "the queue is paused, and a job given back now would be lost when BullMQ 5 resumes it: resume it first"
    return ""
