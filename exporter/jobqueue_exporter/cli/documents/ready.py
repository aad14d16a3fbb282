"""The health verdict as JSON."""

from __future__ import annotations

import msgspec

from jobqueue_exporter.cli.documents.stats import Check


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict on one source."""

    source: str
    status: str
    """ok, warning, failed or unknown: that of the worst check."""
    checks: tuple[Check, ...]


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What `ready` prints."""

    ok: bool
    """Whether no source failed; the exit code is 0 then, else 1."""
    status: str
    """That of the worst source."""
    sources: tuple[Source, ...]
