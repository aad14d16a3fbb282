"""What happened to one job, as JSON."""

from __future__ import annotations

import msgspec


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at: str
    after_seconds: float | None
    """Since the step before; null for the first."""
    what: str
    text: str
    """Cut and masked but with --full."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What `jobs history` prints."""

    source: str
    id: str
    state: str | None
    """Where it is now; null: it has ended."""
    word: str
    """The same in the engine's own word."""
    told_by: str
    """events: its engine keeps them, and what only the row tells is added. row: nothing but the row of the job."""
    steps: tuple[Step, ...]
    """The oldest first."""
