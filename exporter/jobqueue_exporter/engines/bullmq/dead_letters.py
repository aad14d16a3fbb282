"""Why jobs died: the newest of those that failed, and of those that were put into a dead letter queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq import texts
from jobqueue_exporter.engines.bullmq.counts import Counts
from jobqueue_exporter.engines.bullmq.details import copied
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.replies import good, mapping, number, of_hashes
from jobqueue_exporter.engines.bullmq.texts import Text, Wanted
from jobqueue_exporter.engines.causes import Causes
from jobqueue_exporter.model import Cause, DeadLetters, Lane
from jobqueue_exporter.sources.redis import Command, Reply, Session

WINDOW = "24h"
MOST = 1000
LEAST = 50
ALL_TOGETHER = 20_000
_DAY_MS = 86_400_000
_LISTS = ("wait", "paused")
_SETS = ("prioritized", "delayed", "waiting-children")
_ERROR_FIELDS = ("failedReason", "error", "reason", "message")


@dataclass(frozen=True, slots=True)
class _Queue:
    """A queue with dead jobs, and the newest of them: `failed` and, in a dead letter queue, `kept` ones. `late` is
    how many failed within a day."""

    keys: Keys
    main: Keys
    counts: Counts
    failed: Sequence[bytes] = ()
    kept: Sequence[bytes] = ()
    late: int = 0

    @property
    def serves(self) -> bool:
        """Whether it is the dead letter queue of another."""
        return self.keys != self.main


@dataclass(frozen=True, slots=True)
class _Dead:
    """A dead job: after how many attempts, when it came there (milliseconds), and the text that may say why."""

    attempts: float | None
    at: float | None
    text: Wanted
    kept: bool


def read(
    session: Session, prefix: str, found: Mapping[str, Counts], serves: Mapping[str, str], causes: Causes, now: float
) -> dict[Lane, DeadLetters]:
    """The dead letters of each lane that has any, in four round trips. Raises redis.RedisError."""
    dead = [
        _Queue(Keys(prefix, queue), Keys(prefix, serves.get(queue, queue)), counts)
        for queue, counts in found.items()
        if counts.failed or (queue in serves and counts.waiting)
    ]
    most = max(LEAST, min(MOST, ALL_TOGETHER // max(1, len(dead))))
    queues = _listed(session, dead, most, now)
    jobs = [(queue, each) for queue, of in zip(queues, _jobs(session, queues), strict=True) for each in of]
    said = texts.read(session, [job.text for _, job in jobs])
    errors: dict[str, list[tuple[_Dead, str]]] = {queue.main.queue: [] for queue in queues}
    for (queue, job), text in zip(jobs, said, strict=True):
        errors[queue.main.queue].append((job, error(text)))
    beyond = {queue.main.queue for queue in queues if queue.serves and queue.counts.waiting > most}
    late = Counter[str]()
    for queue in queues:
        late[queue.main.queue] += queue.late
    return {
        Lane(main): _told(of, None if main in beyond else late[main] + _fresh(of, now), causes)
        for main, of in errors.items()
    }


def _listed(session: Session, queues: Sequence[_Queue], most: int, now: float) -> list[_Queue]:
    """The queues with the ids of their newest dead jobs."""
    asked = [_list(queue, most, now) for queue in queues]
    replies = iter(good(session.replies([command for each in asked for command in each])))
    found = []
    for queue, each in zip(queues, asked, strict=True):
        failed, late, *kept = (next(replies) for _ in each)
        ids = [one for part in kept for one in part][:most]
        found.append(_Queue(queue.keys, queue.main, queue.counts, failed, ids, late))
    return found


def _list(queue: _Queue, most: int, now: float) -> list[Command]:
    keys = queue.keys
    asked: list[Command] = [
        ("ZREVRANGE", keys.of("failed"), 0, most - 1),
        ("ZCOUNT", keys.of("failed"), f"({int(now) - _DAY_MS}", "+inf"),
    ]
    if queue.serves:
        asked += [("LRANGE", keys.of(part), 0, most - 1) for part in _LISTS]
        asked += [("ZREVRANGE", keys.of(part), 0, most - 1) for part in _SETS]
    return asked


def _jobs(session: Session, queues: Sequence[_Queue]) -> list[list[_Dead]]:
    """The dead jobs of each queue that are still there; copies of failed jobs of its main queue are left out."""
    asked = [command for queue in queues for command in _looks(queue)]
    replies = iter(of_hashes(session.replies(asked)))
    return [[*_failed(queue, replies), *_kept(queue, replies)] for queue in queues]


def _looks(queue: _Queue) -> Iterator[Command]:
    yield from (("HMGET", queue.keys.job(one), "atm", "attemptsMade", "finishedOn") for one in queue.failed)
    yield from copied(queue.main, queue.kept)
    yield from (("HMGET", queue.keys.job(one), "timestamp") for one in queue.kept)


def _failed(queue: _Queue, replies: Iterator[Reply]) -> Iterator[_Dead]:
    for rank, one in enumerate(queue.failed):
        atm, made, at = next(replies) or (None, None, None)
        if at is not None:
            text = Wanted(queue.keys.job(one), ("failedReason",), rank)
            yield _Dead(number(atm if atm is not None else made), number(at), text, kept=False)


def _kept(queue: _Queue, replies: Iterator[Reply]) -> Iterator[_Dead]:
    copies = {command[2] for command in copied(queue.main, queue.kept) if next(replies) is not None}
    for rank, one in enumerate(queue.kept):
        (at,) = next(replies) or (None,)
        if at is not None and one not in copies:
            text = Wanted(queue.keys.job(one), ("failedReason", "data"), rank)
            yield _Dead(None, number(at), text, kept=True)


def error(text: Text | None) -> str:
    """What the text of a dead job says of an error; the payload of a job that was put there may hold one."""
    if text is None:
        return ""
    return text.value[:4000].decode("utf-8", "replace") if text.field == "failedReason" else _payload_error(text.value)


def _payload_error(data: bytes) -> str:
    payload = mapping(data)
    found = next((payload[name] for name in _ERROR_FIELDS if payload.get(name)), "")
    if isinstance(found, Mapping):
        found = next((found[name] for name in ("message", *_ERROR_FIELDS) if found.get(name)), "")
    return found if isinstance(found, str) else ""


def _fresh(jobs: Iterable[tuple[_Dead, str]], now: float) -> int:
    """How many of those that were put there came within a day."""
    return sum(job.kept and job.at is not None and job.at > now - _DAY_MS for job, _ in jobs)


def _told(jobs: Sequence[tuple[_Dead, str]], recent: int | None, causes: Causes) -> DeadLetters:
    tally = Counter(causes.of(error) for _, error in jobs)
    attempts = [job.attempts for job, _ in jobs if job.attempts is not None]
    return DeadLetters(
        causes={cause: tally[cause] for cause in Cause},
        attempts_average=sum(attempts) / len(attempts) if attempts else None,
        recent=None if recent is None else {WINDOW: recent},
    )
