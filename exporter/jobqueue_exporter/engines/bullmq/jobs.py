"""One job as BullMQ keeps it: a hash, and its place in one of the lists and sets of its queue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jobqueue_exporter.engines.bullmq.counts import SCORES_PER_MS
from jobqueue_exporter.engines.bullmq.places import WAITS, Place
from jobqueue_exporter.engines.bullmq.replies import mapping, number
from jobqueue_exporter.engines.causes import Causes
from jobqueue_exporter.engines.operations import Job
from jobqueue_exporter.model import Lane, State

FIELDS = (
    "name",
    "timestamp",
    "opts",
    "processedOn",
    "finishedOn",
    "atm",
    "attemptsMade",
    "failedReason",
    "pb",
    "ats",
    "delay",
)
_STATES: Mapping[str, State | None] = {
    "wait": State.PENDING,
    "paused": State.PENDING,
    "prioritized": State.PENDING,
    "active": State.RUNNING,
    "waiting-children": State.BLOCKED,
    "failed": State.DEAD_LETTER,
    "completed": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of a job besides its place: the values of FIELDS, its hash where it was asked for, the error that
    the payload of a dead letter tells, and of a job that runs whether a worker holds its lock."""

    fields: Sequence[bytes | None]
    whole: Mapping[bytes, bytes] | None = None
    payload_error: str = ""
    locked: bool | None = None


def job(place: Place, kept: Kept, *, main: str | None, now: float, causes: Causes) -> Job | None:
    """The job in its place, None when it is gone; `main` is the queue whose dead letters this queue holds, `now` in
    milliseconds."""
    name, created, options, started, ended, made, made_before, error, worker, _, _ = kept.fields
    if name is None and created is None:
        return None
    attempts = number(made if made is not None else made_before)
    wanted = mapping(options).get("attempts")
    state = _state(place, attempts or 0, now, in_dead_letters=main is not None)
    found = Job(
        id=place.name,
        lane=Lane(main or place.queue, text(name)),
        state=state,
        word=place.word,
        stuck=None if kept.locked is None else not kept.locked,
        attempts=int(attempts or 0),
        max_attempts=int(wanted) if isinstance(wanted, int | float) and wanted else 1,
        since=_since(place, state, kept.fields),
        created_at=_seconds(created),
        due_at=_due(place),
        started_at=_seconds(started),
        ended_at=_seconds(ended),
        worker=text(worker),
        error=text(error) or kept.payload_error,
        row=_row(place, kept.whole) if kept.whole is not None else "",
    )
    return replace(found, cause=causes.of(found.error)) if state is State.DEAD_LETTER else found


def text(value: bytes | None) -> str:
    """What is written there, whatever bytes that are."""
    return (value or b"").decode("utf-8", "replace")


def _state(place: Place, attempts: float, now: float, *, in_dead_letters: bool) -> State | None:
    if in_dead_letters and place.word in WAITS:
        return State.DEAD_LETTER
    if place.word != "delayed":
        return _STATES.get(place.word)
    if (place.score or 0) / SCORES_PER_MS <= now:
        return State.PENDING
    return State.RETRYING if attempts else State.SCHEDULED


def _since(place: Place, state: State | None, fields: Sequence[bytes | None]) -> float | None:
    """From when on it is in its place, in seconds. A job that was given back after it had failed has no trace of
    when that was."""
    _, created, _, started, ended, *_, begun, delay = fields
    match place.word:
        case "failed" | "completed":
            return _seconds(ended)
        case "active":
            return _seconds(started)
        case "waiting-children":
            return None if place.score is None else place.score / 1000
        case "delayed" if state is not State.PENDING and state is not State.DEAD_LETTER:
            due, waits = _due(place), number(delay)
            return due - waits / 1000 if due is not None and waits else None
        case "delayed" if state is State.PENDING:
            return _due(place)
        case "nowhere":
            return None
    made = max(number(one) or 0.0 for one in (fields[5], fields[6], begun))
    if made and not number(started):
        return None
    ready = (number(created) or 0.0) + _first_delay(fields[2])
    return max(ready, number(started) or 0.0) / 1000 if number(created) is not None else None


def _first_delay(options: bytes | None) -> float:
    """The delay that it was made with: it could not be taken before."""
    delay = mapping(options).get("delay")
    return float(delay) if isinstance(delay, int | float) else 0.0


def _due(place: Place) -> float | None:
    return place.score / SCORES_PER_MS / 1000 if place.word == "delayed" and place.score else None


def _row(place: Place, whole: Mapping[bytes, bytes]) -> str:
    """The id, which the hash itself does not hold, and the hash as a JSON object; its values are kept as the texts that
    they are there."""
    kept = {text(name): text(value) for name, value in whole.items()}
    return json.dumps({"id": place.name, **kept}, ensure_ascii=False)


def _seconds(value: bytes | None) -> float | None:
    found = number(value)
    return None if found is None else found / 1000
