"""Why jobs died: the newest of those that failed, and of those that were put into a dead letter queue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from jobqueue_exporter.engines.bullmq.counts import Counts
from jobqueue_exporter.engines.bullmq.details import copied
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.causes import Causes
from jobqueue_exporter.model import Cause, DeadLetters, Lane
from jobqueue_exporter.sources.redis import Command, Reply, Session

WINDOW = "24h"
MOST = 1000
LEAST = 50
ALL_TOGETHER = 20_000
_DAY_MS = 86_400_000
_BATCH = 1000
_ERROR_FIELDS = ("failedReason", "error", "reason", "message")


@dataclass(frozen=True, slots=True)
class _Dead:
    """A dead job: why, after how many attempts, and when it came there (milliseconds)."""

    error: str
    attempts: float | None
    at: float | None


def read(
    session: Session, prefix: str, found: Mapping[str, Counts], serves: Mapping[str, str], causes: Causes, now: float
) -> dict[Lane, DeadLetters]:
    """The dead letters of each lane that has any. Raises redis.RedisError."""
    mains = {queue: serves.get(queue, queue) for queue in found}
    dead = {q: c for q, c in found.items() if c.failed or (q in serves and _kept(c))}
    most = max(LEAST, min(MOST, ALL_TOGETHER // max(1, len(dead))))
    jobs: dict[str, list[_Dead]] = {}
    recent: dict[str, int | None] = {}
    for queue, counts in dead.items():
        keys, main = Keys(prefix, queue), mains[queue]
        failed, late = _failed(session, keys, most, now)
        lies_there = _kept(counts) if queue in serves else 0
        kept = _waiting(session, keys, Keys(prefix, main), most) if lies_there else []
        jobs.setdefault(main, []).extend((*failed, *kept))
        fresh = None if lies_there > most else _fresh(kept, now)
        known = recent.get(main, 0)
        recent[main] = None if known is None or fresh is None else known + late + fresh
    return {Lane(main): _told(each, recent[main], causes) for main, each in jobs.items()}


def _kept(counts: Counts) -> int:
    """How many jobs lie in a dead letter queue and were not tried there."""
    return counts.ready + counts.prioritized + counts.delayed + counts.children


def _failed(session: Session, keys: Keys, most: int, now: float) -> tuple[list[_Dead], int]:
    """The newest jobs that failed, and how many did within a day."""
    ids, late = _good(
        session.replies(
            [
                ("ZREVRANGE", keys.of("failed"), 0, most - 1),
                ("ZCOUNT", keys.of("failed"), f"({int(now) - _DAY_MS}", "+inf"),
            ]
        )
    )
    fields = _hashes(session, keys, ids, "failedReason", "atm", "attemptsMade", "finishedOn")
    return [
        _Dead(_text(error), _number(atm) if atm is not None else _number(made), _number(at))
        for error, atm, made, at in fields
        if at is not None
    ], late


def _waiting(session: Session, keys: Keys, main: Keys, most: int) -> list[_Dead]:
    """The newest jobs that lie in a dead letter queue: their payload may say why they are there. Copies of failed
    jobs of the main queue are left out."""
    lists: list[Command] = [("LRANGE", keys.of(part), 0, most - 1) for part in ("wait", "paused")]
    sets: list[Command] = [("ZREVRANGE", keys.of(s), 0, most - 1) for s in ("prioritized", "delayed")]
    ids = [one for part in _good(session.replies([*lists, *sets])) for one in part][:most]
    asked = copied(main, ids)
    copies = {one[2] for one, score in zip(asked, _good(session.replies(asked)), strict=True) if score is not None}
    ids = [one for one in ids if one not in copies]
    fields = _hashes(session, keys, ids, "failedReason", "data", "timestamp")
    return [_Dead(_text(error) or _payload_error(data), None, _number(at)) for error, data, at in fields if at]


def _hashes(session: Session, keys: Keys, ids: Sequence[bytes], *fields: str) -> Iterator[Sequence[bytes | None]]:
    asked: Iterator[Command] = (("HMGET", keys.job(one), *fields) for one in ids)
    while batch := list(islice(asked, _BATCH)):
        yield from (reply for reply in session.replies(batch) if isinstance(reply, list))


def _good(replies: list[Reply]) -> list[Reply]:
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


def _payload_error(data: bytes | None) -> str:
    try:
        payload = json.loads(data or b"null")
    except (ValueError, RecursionError):
        return ""
    if not isinstance(payload, Mapping):
        return ""
    found = next((payload[name] for name in _ERROR_FIELDS if payload.get(name)), "")
    if isinstance(found, Mapping):
        found = next((found[name] for name in ("message", *_ERROR_FIELDS) if found.get(name)), "")
    return found if isinstance(found, str) else ""


def _fresh(jobs: Sequence[_Dead], now: float) -> int:
    return sum(job.at is not None and job.at > now - _DAY_MS for job in jobs)


def _told(jobs: Sequence[_Dead], recent: int | None, causes: Causes) -> DeadLetters:
    tally = Counter(causes.of(job.error) for job in jobs)
    attempts = [job.attempts for job in jobs if job.attempts is not None]
    return DeadLetters(
        causes={cause: tally[cause] for cause in Cause},
        attempts_average=sum(attempts) / len(attempts) if attempts else None,
        recent=None if recent is None else {WINDOW: recent},
    )


def _text(value: bytes | None) -> str:
    return (value or b"")[:4000].decode("utf-8", "replace")


def _number(value: bytes | None) -> float | None:
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
