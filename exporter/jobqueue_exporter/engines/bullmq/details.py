"""What single jobs of one queue tell: ages, who is stuck, and which delayed ones were tried before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from jobqueue_exporter.engines.bullmq.counts import PRIORITIZED_SAMPLE, SCORES_PER_PRIORITY, Counts, transaction
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.replies import good, mapping, number, of_hashes
from jobqueue_exporter.sources.redis import Command, Reply, Session


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
    failed before, or are in a dead letter queue as copies of jobs that their main queue still holds as failed.

    `numbered`: how many jobs of a dead letter queue have an id of which that cannot be told."""

    waiting: tuple[Waiting, ...] = ()
    oldest_started: float | None = None
    stuck: int = 0
    retrying: int = 0
    copies: int = 0
    numbered: int = 0


def with_starved(session: Session, prefix: str, counts: Mapping[str, Counts]) -> dict[str, Counts]:
    """The same with the first jobs of the lowest priority, which may wait longest: a round trip where any queue has
    more prioritized jobs than were seen. Raises redis.RedisError."""
    asked: dict[str, Command] = {
        queue: (
            "ZRANGEBYSCORE",
            Keys(prefix, queue).of("prioritized"),
            first * SCORES_PER_PRIORITY,
            "+inf",
            "LIMIT",
            0,
            PRIORITIZED_SAMPLE,
        )
        for queue, one in counts.items()
        if (first := one.last_priority) is not None
    }
    found = dict(zip(asked, good(session.replies(list(asked.values()))), strict=True))
    more = {queue: dict.fromkeys((*counts[queue].oldest_prioritized, *ids)) for queue, ids in found.items()}
    return {
        queue: replace(one, oldest_prioritized=tuple(more[queue])) if queue in more else one
        for queue, one in counts.items()
    }


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
        asked += copied(main, counts.seen)
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
    """What the replies to `commands` say. Raises Refused and redis.ResponseError."""
    ready = (*counts.oldest_ready, *counts.oldest_prioritized)
    copies = len(copied(main, counts.seen)) if main else 0
    alone = len(ready) + len(counts.later) + copies
    waiting, later, scores = _split(of_hashes(replies[:alone]), len(ready), len(counts.later))
    started, stuck = _running(replies[alone:], counts, queue)
    return Details(
        waiting=tuple(
            _waiting(one, reply)
            for one, reply in zip(ready, waiting, strict=True)
            if reply is not None and number(reply[0]) is not None
        ),
        oldest_started=started,
        stuck=stuck,
        retrying=sum(_attempted(reply) for reply in later),
        copies=sum(score is not None for score in scores),
        numbered=len(counts.seen) - copies if main else 0,
    )


def _split(
    replies: Sequence[Reply], first: int, second: int
) -> tuple[Sequence[Reply], Sequence[Reply], Sequence[Reply]]:
    return replies[:first], replies[first : first + second], replies[first + second :]


def _running(replies: Sequence[Reply], counts: Counts, queue: str) -> tuple[float | None, int]:
    found = transaction(replies, queue) if counts.running else None
    if found is None:
        return None, 0
    still, locks, started = set(found[0]), found[1::2], found[2::2]
    there = [
        (lock, number(since)) for one, lock, since in zip(counts.running, locks, started, strict=True) if one in still
    ]
    times = [since for _, since in there if since is not None]
    return min(times, default=None), sum(not lock for lock, _ in there)


def _waiting(job_id: bytes, fields: Sequence[bytes | None]) -> Waiting:
    """A delay that the job was made with, and its last start, are lower bounds of when it became ready."""
    created, started, made, begun = (number(fields[i]) or 0.0 for i in (0, 2, 3, 4))
    ready_at = max(created + _delay(fields[1]), started)
    return Waiting(id=job_id, ready_at=ready_at, requeued=made + begun > 0 and not started)


def _delay(options: bytes | None) -> float:
    delay = mapping(options).get("delay")
    return float(delay) if isinstance(delay, int | float) else 0.0


def _attempted(fields: Sequence[bytes | None] | None) -> bool:
    return any((number(field) or 0) > 0 for field in fields or ())
