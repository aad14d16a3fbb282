"""What single jobs of one queue tell: ages, who is stuck, and which delayed ones were tried before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq.counts import Counts, transaction
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.sources.redis import Command, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """When a waiting job became ready at the latest, in milliseconds.

    `requeued`: it was given back after it had failed, which leaves no trace of when.
    """

    id: bytes
    ready_at: float
    requeued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Of the jobs that were looked at: those ready, when the oldest that runs began, and how many are stuck, had
    failed before, or are in a dead letter queue as copies of jobs that their main queue still holds as failed."""

    waiting: tuple[Waiting, ...] = ()
    oldest_started: float | None = None
    stuck: int = 0
    retrying: int = 0
    copies: int = 0


def commands(keys: Keys, counts: Counts, sample: int, main: Keys | None) -> list[Command]:
    """What is sent for one queue, that may hold the dead jobs of `main`; nothing where no job needs a look.

    Whether a job is stuck is asked in one transaction with whether it still runs, since it may just have ended.
    """
    asked: list[Command] = [
        ("HMGET", keys.job(one), "timestamp", "opts", "processedOn", "atm", "ats")
        for one in (*counts.oldest_ready, *counts.oldest_prioritized)
    ]
    asked += [("HMGET", keys.job(one), "atm", "attemptsMade") for one in counts.later]
    if main:
        asked += copied(main, counts.ready_ids)
    if counts.running:
        asked += [("MULTI",), ("LRANGE", keys.of("active"), -sample, -1)]
        for one in counts.running:
            asked += [("EXISTS", keys.lock(one)), ("HGET", keys.job(one), "processedOn")]
        asked.append(("EXEC",))
    return asked


def copied(main: Keys, ids: Iterable[bytes]) -> list[Command]:
    """What is sent to know which of these ids are of failed jobs of the main queue as well. A number is an id that
    each queue gives out by itself: it means another job in each."""
    return [("ZSCORE", main.of("failed"), one) for one in ids if not one.isdigit()]


def details(replies: Sequence[Reply], counts: Counts, queue: str, main: Keys | None) -> Details:
    """What the replies to `commands` say. Raises Refused."""
    ready = (*counts.oldest_ready, *counts.oldest_prioritized)
    later = replies[len(ready) : len(ready) + len(counts.later)]
    rest = replies[len(ready) + len(later) :]
    scores = rest[: len(copied(main, counts.ready_ids))] if main else ()
    started, stuck = _running(rest[len(scores) :], counts, queue)
    return Details(
        waiting=tuple(
            _waiting(one, reply)
            for one, reply in zip(ready, replies[: len(ready)], strict=True)
            if isinstance(reply, list) and _number(reply[0]) is not None
        ),
        oldest_started=started,
        stuck=stuck,
        retrying=sum(_attempted(reply) for reply in later),
        copies=sum(isinstance(score, bytes) for score in scores),
    )


def _running(replies: Sequence[Reply], counts: Counts, queue: str) -> tuple[float | None, int]:
    found = transaction(replies, queue) if counts.running else None
    if found is None:
        return None, 0
    still, locks, started = set(found[0]), found[1::2], found[2::2]
    there = [
        (lock, _number(since)) for one, lock, since in zip(counts.running, locks, started, strict=True) if one in still
    ]
    times = [since for _, since in there if since is not None]
    return min(times, default=None), sum(not lock for lock, _ in there)


def _waiting(job_id: bytes, fields: Sequence[bytes | None]) -> Waiting:
    """A delay that the job was made with, and its last start, are lower bounds of when it became ready."""
    created, started, made, begun = (_number(fields[i]) or 0.0 for i in (0, 2, 3, 4))
    ready_at = max(created + _delay(fields[1]), started)
    return Waiting(id=job_id, ready_at=ready_at, requeued=made + begun > 0 and not started)


def _delay(options: bytes | None) -> float:
    try:
        found = json.loads(options or b"{}")
    except ValueError:
        return 0.0
    delay = found.get("delay") if isinstance(found, Mapping) else None
    return float(delay) if isinstance(delay, int | float) else 0.0


def _attempted(fields: Reply) -> bool:
    return isinstance(fields, list) and any((_number(field) or 0) > 0 for field in fields)


def _number(text: bytes | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
