"""How a source is, as JSON: its checks, its jobs by lane, its workers, what failed lately, and what to do."""

from __future__ import annotations

import msgspec


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    """db, worker, queue, dlq, binary or readiness."""
    status: str
    """ok, warning, failed, or unknown: it cannot be told, and is held against nobody."""
    message: str


class Jobs(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs are in each state. Null: it cannot be told."""

    pending: int | None
    scheduled: int | None
    retrying: int | None
    blocked: int | None
    running: int | None
    dead_letter: int | None
    stuck: int | None
    """Of those running, those whose worker is lost."""
    oldest_pending_seconds: float | None
    """For how long the oldest pending job could have been claimed; 0 when none is pending."""


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs of one kind in one queue."""

    queue: str
    kind: str
    paused: bool | None
    """Whether the queue is paused; null: it cannot be told."""
    jobs: Jobs
    objective_seconds: float
    """How long a job may wait once it is due."""
    late: bool
    """Whether the oldest has waited longer than that, in a queue that is not paused."""


class Binary(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a program that jobs need is there."""

    name: str
    required: bool
    """Whether the configuration names it."""
    place: str | None
    """Where it was looked for: worker, readiness or exporter; null: nobody reports it."""
    available: bool | None


class Workers(msgspec.Struct, frozen=True, kw_only=True):
    """Worker processes, each counted once."""

    live: int
    stale: int
    newest_heartbeat: str | None
    newest_heartbeat_age_seconds: float | None
    slots: int | None
    """How many jobs they can run at once; null: it cannot be told."""
    busy: int | None
    by_queue: dict[str, int] | None
    """Live workers that take from each queue; one may take from several."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A job that has died lately."""

    id: str
    queue: str
    kind: str
    died_at: str
    age_seconds: float
    cause: str | None
    """recoverable, user_error, system_error or unknown; null: not sorted."""
    error: str
    """One line, cut and masked."""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What to do."""

    text: str
    command: str
    """What does it, or looks closer, as it can be pasted; may be empty."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One source. When it is not `up`, only the checks say something."""

    source: str
    engine: str
    """May be empty where it could not be detected."""
    up: bool
    status: str
    """ok, warning, failed or unknown: that of the worst check."""
    read_at: str
    checks: tuple[Check, ...]
    jobs: Jobs
    at_least: tuple[str, ...]
    """The states of which there are more than were counted."""
    lanes: tuple[Lane, ...]
    """Busiest first; those that are empty only with --all."""
    empty_lanes: int
    """How many lanes were left out because they are empty."""
    workers: Workers | None
    """Null: it cannot be told."""
    binaries: tuple[Binary, ...]
    failures: tuple[Failure, ...] | None
    """Jobs that died in the last hour, newest first, five at most; null: they cannot be listed."""
    advice: tuple[Advice, ...]
    """What is most urgent first."""
    notices: tuple[str, ...]
    """What was odd about the reading."""


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What `jobs stats` prints, and `jobs watch` a line of for each reading."""

    status: str
    """That of the worst source."""
    at: str
    """When the reading was over, on the clock of the machine that asked."""
    sources: tuple[Source, ...]
