"""How many jobs of one queue are in each state, all counted in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.replies import is_wrong_type
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.redis import Command, Reply
from jobqueue_exporter.sources.redis_errors import explained

SCORES_PER_MS = 4096
"""The score of a delayed job is its time in milliseconds times this, plus a number."""
SCORES_PER_PRIORITY = 2**32
"""The score of a prioritized job is its priority (the lowest first) times this, plus a number that grows."""
PRIORITIZED_SAMPLE = 25
ENDS = 2
"""How many entries of the end of a list are looked at: the last may be a marker."""
_MARKER = re.compile(rb"0:\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One queue at one moment. Times are milliseconds; samples hold ids of jobs, the oldest first.
    `last_priority` is the lowest of the prioritized jobs, where not all of them are in the sample.

    `exists` is false where nothing was ever put into a queue of that name.
    """

    exists: bool
    paused: bool
    version: str
    ready: int
    prioritized: int
    delayed: int
    due: int
    active: int
    children: int
    failed: int
    dead_letters_beside: bool
    ready_ids: tuple[bytes, ...]
    oldest_ready: tuple[bytes, ...]
    oldest_prioritized: tuple[bytes, ...]
    later: tuple[bytes, ...]
    running: tuple[bytes, ...]
    first_due: float | None
    first_failed: float | None
    last_priority: int | None

    @property
    def waiting(self) -> int:
        """How many jobs have not been tried: those that lie in a dead letter queue."""
        return self.ready + self.prioritized + self.delayed + self.children

    @property
    def seen(self) -> tuple[bytes, ...]:
        """The ids that are known of those."""
        return tuple(dict.fromkeys((*self.ready_ids, *self.oldest_prioritized, *self.later)))


def commands(
    keys: Keys, now: float, sample: int, dead_letters: Keys | None, *, holds_dead: bool = False
) -> list[Command]:
    """What is sent for one queue: all of it sees one moment, so that no job is counted twice.

    `now` is in milliseconds, `sample` how many jobs at most are looked at one by one. `holds_dead`: it may be a dead
    letter queue, and then more ids are asked for, since its jobs may be copies of others.
    """
    ready = sample if holds_dead else ENDS
    last_due = (int(now) + 1) * SCORES_PER_MS - 1
    beside = dead_letters.of("meta") if dead_letters else keys.of("meta")
    return [
        ("MULTI",),
        ("HMGET", keys.of("meta"), "paused", "version", "timestamp", "opts.maxLenEvents"),
        ("LLEN", keys.of("wait")),
        ("LLEN", keys.of("paused")),
        ("LLEN", keys.of("active")),
        ("ZCARD", keys.of("prioritized")),
        ("ZCARD", keys.of("delayed")),
        ("ZCOUNT", keys.of("delayed"), "-inf", last_due),
        ("ZCARD", keys.of("waiting-children")),
        ("ZCARD", keys.of("failed")),
        ("LRANGE", keys.of("wait"), -ready, -1),
        ("LRANGE", keys.of("paused"), -ready, -1),
        ("LRANGE", keys.of("wait"), 0, 0),
        ("LRANGE", keys.of("paused"), 0, 0),
        ("ZRANGE", keys.of("prioritized"), 0, PRIORITIZED_SAMPLE - 1),
        ("ZRANGE", keys.of("prioritized"), -PRIORITIZED_SAMPLE, -1, "WITHSCORES"),
        ("ZRANGE", keys.of("delayed"), 0, 0, "WITHSCORES"),
        ("ZRANGEBYSCORE", keys.of("delayed"), f"({last_due}", "+inf", "LIMIT", 0, sample),
        ("LRANGE", keys.of("active"), -sample, -1),
        ("ZRANGE", keys.of("failed"), 0, 0, "WITHSCORES"),
        ("EXISTS", beside),
        ("EXEC",),
    ]


LENGTH = len(commands(Keys("", ""), 0, 0, None))
"""How many commands, and so replies, there are for one queue."""


def counts(replies: Sequence[Reply], queue: str) -> Counts | None:
    """What the replies say; None where the keys are not BullMQ's own. Raises Refused where one was refused."""
    found = transaction(replies, queue)
    if found is None:
        return None
    meta, wait, paused, active, prioritized, delayed, due, children, failed = found[:9]
    tail, held, head, held_head, first, last, earliest, later, running, oldest_failed, beside = found[9:]
    if meta[2] is not None:  # the hash of a job whose id ends in ":meta"
        return None
    # The last to come is looked at too: jobs that were added as the first to go keep it waiting.
    newest = (*_beyond(head, wait - len(tail)), *_beyond(held_head, paused - len(held)))
    lists = (*tail, *held, *newest)
    return Counts(
        exists=any(field is not None for field in meta),
        paused=meta[0] is not None,
        version=(meta[1] or b"").decode("utf-8", "replace"),
        ready=wait + paused - sum(is_marker(one) for one in lists),
        prioritized=prioritized,
        delayed=delayed,
        due=due,
        active=active,
        children=children,
        failed=failed,
        dead_letters_beside=bool(beside),
        ready_ids=_jobs(lists),
        oldest_ready=_jobs(dict.fromkeys((*tail[: -ENDS - 1 : -1], *held[: -ENDS - 1 : -1], *head, *held_head))),
        oldest_prioritized=tuple(dict.fromkeys((*first, *last[::2]))),
        later=tuple(later),
        running=tuple(running[::-1]),
        first_due=float(earliest[1]) // SCORES_PER_MS if due else None,
        first_failed=float(oldest_failed[1]) if oldest_failed else None,
        last_priority=int(float(last[-1])) // SCORES_PER_PRIORITY
        if prioritized > len(first) + len(last) // 2
        else None,
    )


def transaction(replies: Sequence[Reply], queue: str) -> list[Reply] | None:
    """The replies within a transaction; None where keys are of other types than BullMQ's.

    Raises:
        Refused: Redis would not run one of the commands.
    """
    errors = [reply for reply in (*replies, *_inner(replies[-1])) if isinstance(reply, Exception)]
    # What Redis refuses while commands are queued stands before the EXEC that it then aborts.
    if any(is_wrong_type(error) for error in errors):
        return None
    if errors:
        raise Refused(f"queue {queue}: {explained(errors[0])}")
    found: list[Reply] = replies[-1]
    return found


def _inner(reply: Reply) -> Sequence[Reply]:
    return reply if isinstance(reply, list) else ()


def is_marker(entry: bytes) -> bool:
    """Whether an entry of a list is no job: old versions woke their workers with such."""
    return _MARKER.fullmatch(entry) is not None


def _beyond(head: Sequence[bytes], left: int) -> Sequence[bytes]:
    """Of the first entries of a list those that are not among its last, `left` being how many are not."""
    return head[: max(0, left)]


def _jobs(entries: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(one for one in entries if not is_marker(one))
