"""The dead letter queue as JSON."""

from __future__ import annotations

import msgspec


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """The dead jobs of one kind in one queue. What is null cannot be told."""

    queue: str
    kind: str
    dead: int
    last_24h: int | None
    """How many of them died in the last 24 hours."""
    attempts_average: float | None
    """How often they were tried, of the newest 1,000 dead jobs of the source."""
    causes: dict[str, int] | None
    """recoverable, user_error, system_error and unknown, of the newest 1,000 dead jobs of the source."""
    oldest_seconds: float | None
    """For how long the oldest is dead."""


class Recovery(msgspec.Struct, frozen=True, kw_only=True):
    """How far dead jobs are on their way back."""

    jobs: dict[str, int]
    """pending, retry_scheduled, recovered and abandoned, those that are told."""
    oldest_pending_seconds: float | None
    """For how long the oldest waits for a person."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The dead jobs of one source."""

    source: str
    up: bool
    error: str
    """Why it could not be read; empty when it was."""
    dead: int | None
    """All lanes together; null: it cannot be told."""
    at_least: bool
    """Whether counting stopped at the source's `count_cap`."""
    lanes: tuple[Lane, ...]
    """Those that have dead jobs, those with most first."""
    recovery: Recovery | None
    """Null: nothing of it is kept."""


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What `dlq stats` prints."""

    at: str
    """When the reading was over, on the clock of the machine that asked."""
    sources: tuple[Source, ...]
