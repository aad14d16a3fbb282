"""Who works on the jobs, as JSON."""

from __future__ import annotations

import msgspec

from jobqueue_exporter.cli.documents import stats


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is wrong with the workers, or that cannot be told."""

    name: str
    """unreadable, none, stale, missing binary, unserved, full, not claiming, paused, cannot tell."""
    text: str
    steps: tuple[str, ...]
    """What to do, in this order."""


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the workers of one source are."""

    source: str
    status: str
    """ok, warning, failed or unknown: the worst of the checks below."""
    checks: tuple[stats.Check, ...]
    """db, worker and binary."""
    problems: tuple[Problem, ...]
    workers: stats.Workers | None
    """Null: it cannot be told."""
    binaries: tuple[stats.Binary, ...]
    jobs: stats.Jobs
    at_least: tuple[str, ...]
    """The states of which there are more than were counted."""
    failures: tuple[stats.Failure, ...] | None
    """Jobs that died in the last hour, newest first, five at most; null: they cannot be listed."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What `workers status` prints."""

    status: str
    """That of the worst source."""
    sources: tuple[SourceStatus, ...]


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One worker process. What is null is not known."""

    id: str
    live: bool
    """Whether its newest heartbeat is within the lease."""
    heartbeat_at: str | None
    started_at: str | None
    queues: tuple[str, ...] | None
    """What it takes from; null: not known, or all."""
    slots: int | None
    """How many jobs it can run at once."""
    busy: int | None
    version: str
    binaries: dict[str, bool]
    """Whether each program that it looked for is there."""
    jobs: tuple[str, ...]
    """The ids of the jobs that it holds."""


class SourceWorkers(msgspec.Struct, frozen=True, kw_only=True):
    """The workers of one source."""

    source: str
    workers: tuple[Worker, ...] | None
    """Newest heartbeat first; null: none can be seen here."""


class Workers(msgspec.Struct, frozen=True, kw_only=True):
    """What `workers list` prints."""

    sources: tuple[SourceWorkers, ...]


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker is stopped where it runs so."""

    platform: str
    """process, systemd, Docker or Kubernetes."""
    command: str


class Kill(msgspec.Struct, frozen=True, kw_only=True):
    """What `workers kill` prints. It stops nothing itself."""

    source: str
    worker: Worker
    host: str
    """Taken from the id; may be empty."""
    pid: int | None
    """Taken from the id; null: it does not tell."""
    ways: tuple[Way, ...]
    lease_seconds: float
    """How long after its last heartbeat the jobs that it holds are stuck, and can be reclaimed."""
    stopped: bool
    """Always false: whoever reads this stops it."""
