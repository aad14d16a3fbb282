"""The health verdict on sources, for commands."""

from __future__ import annotations

import time
from collections.abc import Iterable

from jobqueue_exporter import health
from jobqueue_exporter.cli.documents.stats import Check
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.health import Status, Verdict
from jobqueue_exporter.masking import line
from jobqueue_exporter.model import Snapshot

LONGEST_MESSAGE = 1_000


def of(snapshot: Snapshot, config: Config) -> Verdict:
    """What a snapshot that was taken just now means, by the limits of this configuration."""
    return health.of(snapshot, config, now=time.time())


def worst(statuses: Iterable[Status]) -> Status:
    """The worst of these; unknown when there are none."""
    return health.worst(statuses)


def checks(verdict: Verdict) -> tuple[Check, ...]:
    """Its checks as documents."""
    return tuple(
        Check(name=one.name, status=one.status, message=line(one.message, LONGEST_MESSAGE)) for one in verdict.checks
    )
