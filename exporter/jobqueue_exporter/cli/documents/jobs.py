"""Single jobs, and what became of them, as JSON."""

from __future__ import annotations

import msgspec

from jobqueue_exporter.cli.times import absolute
from jobqueue_exporter.engines import operations


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One job. What is null cannot be told, or has not happened."""

    source: str
    id: str
    queue: str
    kind: str
    state: str | None
    """pending, scheduled, retrying, blocked, running or dead_letter; null: it has ended."""
    word: str
    """The state in the engine's own word."""
    recovery: str | None
    """Of a table of dead jobs: pending, retry_scheduled, recovered or abandoned."""
    cause: str | None
    """Why it is dead: recoverable, user_error, system_error or unknown."""
    stuck: bool | None
    """Whether it runs, but its worker is lost."""
    attempts: int | None
    max_attempts: int | None
    since: str | None
    """From when on it is in its state."""
    created_at: str | None
    due_at: str | None
    started_at: str | None
    ended_at: str | None
    updated_at: str | None
    heartbeat_at: str | None
    worker: str
    error: str
    """Cut and masked but with --full."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a job."""

    at: str
    what: str
    """In the engine's own word."""
    text: str


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What the state of a job means."""

    word: str
    """dead, stuck, slow, waiting long, last attempt, parked, blocked, fine or done."""
    text: str
    commands: tuple[str, ...]
    """What to run next, the likeliest first."""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of one job. Texts are cut and masked but with --full."""

    job: Job
    at: str
    """When it was read, on its source's clock."""
    meaning: Meaning
    payload: str
    events: tuple[Event, ...] | None
    """The last 20, the oldest first; null: its engine keeps none."""
    more_events: int
    """How many came before those."""
    more: dict[str, str]
    """What else its engine keeps of it."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one job that was to be changed."""

    source: str
    id: str
    result: str
    """done, left (alone), unknown (the connection broke during the commit), or would (a dry run)."""
    text: str
    state: str | None
    """Where a job that was left alone is."""
    command: str
    """What fits its state instead; may be empty."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all jobs that were to be changed."""

    operation: str
    """requeue, reclaim, cancel, abandon or delete."""
    dry_run: bool
    who: str
    reason: str
    done: int
    would: int
    """Would be done: of a dry run."""
    left: int
    unknown: int
    untouched: int
    """Chosen, but not tried: it was stopped before."""
    untouched_ids: tuple[str, ...]
    """Those that were named by their ids, all; of those chosen by a filter, the first: from it on."""
    looked_at: int | None
    """Of those given back, so many were looked at after the last batch; null: none was."""
    dead_again: int | None
    """So many of those were dead again already; more may die later."""
    stopped: str
    """Why it ended before all were tried; empty: it did not."""
    changes: tuple[Change, ...]


def job(source: str, one: operations.Job, error: str) -> Job:
    """The document of a job, with its error as it may be shown."""
    return Job(
        source=source,
        id=one.id,
        queue=one.lane.queue,
        kind=one.lane.kind,
        state=one.state,
        word=one.word,
        recovery=one.recovery,
        cause=one.cause,
        stuck=one.stuck,
        attempts=one.attempts,
        max_attempts=one.max_attempts,
        since=absolute(one.since),
        created_at=absolute(one.created_at),
        due_at=absolute(one.due_at),
        started_at=absolute(one.started_at),
        ended_at=absolute(one.ended_at),
        updated_at=absolute(one.updated_at),
        heartbeat_at=absolute(one.heartbeat_at),
        worker=one.worker,
        error=error,
    )
