"""What one alert is, as `alerts/<topic>.yaml` says it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from jobqueue_exporter.config.basics import DurationOrZero, Strict

TOPICS = (
    "backlog",
    "workers",
    "failures",
    "dead-letter-queue",
    "objectives",
    "schedules",
    "readiness",
    "exporter",
)
"""In the order in which a page lists them. A topic is one spec file, rule group, runbook and promtool file."""


class Severity(StrEnum):
    """critical pages a person, warning is a ticket, info is never routed; none is the Watchdog's."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    NONE = "none"


class AlertType(StrEnum):
    """symptom: somebody suffers. cause: why they may. meta: about the monitoring itself."""

    SYMPTOM = "symptom"
    CAUSE = "cause"
    META = "meta"


class Alert(Strict, frozen=True, kw_only=True):
    """An alert. `expr` and the texts are Jinja with `[= =]`; see `bundle/language.py` for the words in them."""

    severity: Severity
    """critical, warning, info or none."""
    alert_type: AlertType
    """symptom, cause or meta."""
    by: tuple[str, ...]
    """The labels that its result has: those of a lane, of a source, or of something else."""
    expr: str
    """Its expression."""
    summary: str
    """One static sentence."""
    description: str
    """What is so, of what, with numbers; may hold Prometheus' templates."""
    for_: DurationOrZero = msgspec.field(name="for", default_factory=lambda: DurationOrZero(0))
    """How long it must be so."""
    keep_firing_for: DurationOrZero = msgspec.field(default_factory=lambda: DurationOrZero(0))
    """How long it goes on after it is so no more."""
    thresholds: dict[str, float | str] = msgspec.field(default_factory=dict)
    """What a configuration may change, by name; a text is a duration, and stands in expressions as seconds."""
    pages: bool = False
    """Whether it is critical only for lanes that may page, and a warning for the others."""
    inhibited_by: tuple[str, ...] = ()
    """Alerts that explain this one: while one fires of the same source (and queue, and kind), this is muted."""
    enabled: bool = True
    """Whether it is rendered unless the configuration says otherwise."""


class Topic(Strict, frozen=True):
    """All alerts of a topic."""

    title: str
    """The topic in words."""
    alerts: dict[str, Alert]
    """The alerts by name."""


@dataclass(frozen=True, slots=True)
class Spec:
    """An alert, its name and its place: `topic`, and the file and line where it stands."""

    name: str
    topic: str
    alert: Alert
    place: str
