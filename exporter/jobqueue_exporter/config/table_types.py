"""What jobqueue.yml may say of a jobs table and of those beside it."""

from __future__ import annotations

from msgspec import UNSET

from jobqueue_exporter.config.basics import ColumnName, Duration, Strict, seconds


class Columns(Strict, frozen=True):
    """Which column says what. Left out: found by its usual names; null: the table has none."""

    id: ColumnName = UNSET
    """What tells jobs apart."""
    queue: ColumnName = UNSET
    """The lane that workers take jobs from; without it, all jobs are one queue named after the table."""
    kind: ColumnName = UNSET
    """The type of a job."""
    state: ColumnName = UNSET
    """Where the job is; `states` says what its values mean."""
    attempts: ColumnName = UNSET
    """How often the job was tried."""
    max_attempts: ColumnName = UNSET
    """How often it may be tried."""
    run_at: ColumnName = UNSET
    """When the job is due."""
    created_at: ColumnName = UNSET
    """When the job was enqueued."""
    started_at: ColumnName = UNSET
    """When a worker claimed it."""
    finished_at: ColumnName = UNSET
    """When it ended; written once, never touched by heartbeats."""
    updated_at: ColumnName = UNSET
    """When the row last changed."""
    heartbeat_at: ColumnName = UNSET
    """When its worker last said that it is alive."""
    worker: ColumnName = UNSET
    """Which worker holds it."""
    error: ColumnName = UNSET
    """Why it failed, as text or JSON."""


class States(Strict, frozen=True):
    """Which values of the state column mean what. A value has one meaning."""

    waiting: tuple[str, ...] = ()
    """May be claimed once due."""
    running: tuple[str, ...] = ()
    """Claimed by a worker."""
    retry: tuple[str, ...] = ()
    """Failed, and will be tried again."""
    blocked: tuple[str, ...] = ()
    """Waits for something other than time."""
    dead_letter: tuple[str, ...] = ()
    """Failed for good and kept for a person."""
    finished: tuple[str, ...] = ()
    """Done. Such rows are never counted."""
    discarded: tuple[str, ...] = ()
    """Failed for good, and nobody will look at it."""
    cancelled: tuple[str, ...] = ()
    """Called off."""


class Events(Strict, frozen=True):
    """An append-only table of what happened to each job, and the words it uses."""

    table: str
    """Its name, as in SQL: job_events, or public.job_events."""
    job_id: str = "job_id"
    """The column that names the job."""
    stage: str = "stage"
    """The column that says what happened."""
    created_at: str = "created_at"
    """The column that says when."""
    enqueued: tuple[str, ...] = ("enqueued", "created")
    """Words for: it was enqueued."""
    started: tuple[str, ...] = ("claimed", "started")
    """Words for: a worker claimed it."""
    completed: tuple[str, ...] = ("finished", "completed", "succeeded")
    """Words for: it is done."""
    failed: tuple[str, ...] = ("failed", "error")
    """Words for: an attempt failed."""
    dead_letter: tuple[str, ...] = ("dead_letter", "dead_lettered")
    """Words for: it failed for good and is kept for a person."""
    discarded: tuple[str, ...] = ("discarded",)
    """Words for: it failed for good and is gone."""
    cancelled: tuple[str, ...] = ("cancelled", "canceled")
    """Words for: it was called off."""


class Heartbeats(Strict, frozen=True):
    """A table with a row for each worker process; `jobqueue sql heartbeats` prints its DDL."""

    table: str
    """Its name, as in SQL."""
    forget: Duration = seconds(3600)
    """How long a silent worker is counted as stale before it is forgotten."""


class DeadLetterTable(Strict, frozen=True):
    """Dead jobs kept in a table of their own, and the words of its status column."""

    table: str
    """Its name, as in SQL."""
    id: str = "id"
    """The column that tells them apart."""
    queue: str | None = None
    """The column of the queue; null: there is none."""
    kind: str | None = None
    """The column of the kind; null: there is none."""
    status: str = "status"
    """The column that says how far its recovery is."""
    attempts: str | None = None
    """The column of the attempts; null: there is none."""
    error: str | None = None
    """The column that says why it failed; null: there is none."""
    created_at: str = "created_at"
    """The column that says since when it is dead."""
    pending: tuple[str, ...] = ("pending",)
    """Words for: it waits for a person."""
    retry_scheduled: tuple[str, ...] = ("retry_scheduled",)
    """Words for: it will be tried again."""
    recovered: tuple[str, ...] = ("processed", "recovered")
    """Words for: it was recovered."""
    abandoned: tuple[str, ...] = ("abandoned",)
    """Words for: a person gave it up."""
