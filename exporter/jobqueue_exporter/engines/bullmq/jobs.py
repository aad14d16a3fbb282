"""One job as BullMQ keeps it: a hash, and its place in one of the lists and sets of its queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq.counts import SCORES_PER_MS
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.replies import good, mapping, number
from jobqueue_exporter.engines.operations import Detail, Job
from jobqueue_exporter.model import Lane, State
from jobqueue_exporter.sources.redis import Command, Session

LISTS = ("wait", "paused", "active")
_SETS = ("prioritized", "delayed", "waiting-children", "completed", "failed")
_STATES: Mapping[str, State | None] = {
    "wait": State.PENDING,
    "paused": State.PENDING,
    "prioritized": State.PENDING,
    "active": State.RUNNING,
    "waiting-children": State.BLOCKED,
    "failed": State.DEAD_LETTER,
    "completed": None,
}
_FIELDS = ("name", "timestamp", "opts", "processedOn", "finishedOn", "atm", "attemptsMade", "failedReason", "pb")
_DETAIL = ("data", "returnvalue", "stacktrace", "priority", "parentKey", "ats", "stc")
WAITS = frozenset({"wait", "paused", "prioritized", "delayed", "waiting-children"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job is: `word` is the list or set that holds it, `score` its score in that set."""

    queue: str
    id: bytes
    word: str
    score: float | None = None


def find(session: Session, keys: Keys, job_id: bytes) -> Place | None:
    """Where a job of this queue is; None when there is none of that id. Raises redis.RedisError."""
    asked: list[Command] = [("LPOS", keys.of(part), job_id) for part in LISTS]
    asked += [("ZSCORE", keys.of(part), job_id) for part in _SETS]
    (executed,) = good(session.replies([("MULTI",), *asked, ("EXISTS", keys.job(job_id)), ("EXEC",)])[-1:])
    *places, exists = good(executed)
    if not exists:
        return None
    words = [word for word, there in zip((*LISTS, *_SETS), places, strict=True) if there is not None]
    word = words[0] if words else "nowhere"
    score = places[(*LISTS, *_SETS).index(word)] if word in _SETS else None
    return Place(keys.queue, job_id, word, None if score is None else float(score))


def hashes(session: Session, prefix: str, places: Sequence[Place]) -> list[Sequence[bytes | None]]:
    """What is kept of the jobs in these places. Raises redis.RedisError."""
    asked: list[Command] = [("HMGET", Keys(prefix, one.queue).job(one.id), *_FIELDS) for one in places]
    return list(good(session.replies(asked)))


def job(place: Place, fields: Sequence[bytes | None], *, main: str | None, now: float) -> Job | None:
    """The job in its place, None when it is gone; `main` is the queue whose dead letters this queue holds."""
    name, created, options, started, ended, made, made_before, error, worker = fields
    if name is None and created is None:
        return None
    attempts = number(made if made is not None else made_before)
    wanted = mapping(options).get("attempts")
    return Job(
        id=f"{place.queue}/{place.id.decode('utf-8', 'replace')}",
        lane=Lane(main or place.queue),
        state=_state(place, attempts or 0, now, in_dead_letters=main is not None),
        word=place.word,
        attempts=int(attempts or 0),
        max_attempts=int(wanted) if isinstance(wanted, int | float) and wanted else 1,
        created_at=_seconds(created),
        due_at=place.score / SCORES_PER_MS / 1000 if place.word == "delayed" and place.score else None,
        started_at=_seconds(started),
        ended_at=_seconds(ended),
        worker=_text(worker),
        error=_text(error),
    )


def detail(session: Session, prefix: str, found: Job, place: Place) -> Detail:
    """All that is kept of one job. Raises redis.RedisError."""
    keys = Keys(prefix, place.queue)
    fields, locked = good(
        session.replies([("HMGET", keys.job(place.id), "name", *_DETAIL), ("EXISTS", keys.lock(place.id))])
    )
    name, data, *rest = (_text(field) for field in fields)
    more = {"name": name} | {label: text for label, text in zip(_DETAIL[1:], rest, strict=True) if text}
    if place.word == "active":
        more["lock"] = "held" if locked else "lost: no worker renews it"
    return Detail(job=found, payload=data, more=more)


def _state(place: Place, attempts: float, now: float, *, in_dead_letters: bool) -> State | None:
    if in_dead_letters and place.word in WAITS:
        return State.DEAD_LETTER
    if place.word != "delayed":
        return _STATES.get(place.word)
    if (place.score or 0) / SCORES_PER_MS <= now:
        return State.PENDING
    return State.RETRYING if attempts else State.SCHEDULED


def _seconds(text: bytes | None) -> float | None:
    found = number(text)
    return None if found is None else found / 1000


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
