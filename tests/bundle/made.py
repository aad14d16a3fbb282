"""Specs and pages for tests."""

from __future__ import annotations

from typing import Any

import msgspec

from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.bundle.spec import Alert, AlertType, Severity, Spec
from jobqueue_exporter.config.basics import DurationOrZero

GOOD = Alert(
    severity=Severity.CRITICAL,
    alert_type=AlertType.SYMPTOM,
    pages=True,
    by=("source", "queue", "kind"),
    expr='[= gauge("jobqueue_jobs", \'state="pending"\') =] > [= t.threshold =] [= paused() =]',
    summary="Many jobs are pending.",
    description="In [= lane =] {{ $value | humanize }} jobs are pending, more than [= t.threshold =].",
    for_=DurationOrZero(300),
    keep_firing_for=DurationOrZero(600),
    thresholds={"threshold": 100},
)


# Any: whatever fields the alert has.
def spec(name: str = "JobQueueMany", **changed: Any) -> Spec:
    """A good alert, with these fields changed."""
    return Spec(name, "backlog", msgspec.structs.replace(GOOD, **changed), "backlog.yaml:3")


def bundle(*specs: Spec) -> Bundle:
    """These alerts, as their specs have them."""
    return Bundle(specs, Settings(), {})
