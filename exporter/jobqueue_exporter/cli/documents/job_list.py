"""Jobs of several states as JSON."""

from __future__ import annotations

import msgspec

from jobqueue_exporter.cli.documents.jobs import Job


class More(msgspec.Struct, frozen=True, kw_only=True):
    """Where a list goes on that was cut by --limit."""

    source: str
    state: str
    after: str
    """The id for --after."""
    command: str
    """What prints the next page."""


class JobList(msgspec.Struct, frozen=True, kw_only=True):
    """What `jobs list` and `dlq list` print."""

    jobs: tuple[Job, ...]
    """State by state; within one in the order of its engine, dead ones from its end."""
    more: tuple[More, ...]
    """Empty: these are all."""
    failed: tuple[str, ...]
    """The sources that could not be asked; stderr says why."""
