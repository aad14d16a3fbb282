"""An alert in a line: how bad it is, when it fires, and by which thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobqueue_exporter.bundle import language, rules
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.bundle.spec import Severity, Spec
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.config.types import AlertRule
from jobqueue_exporter.durations import human

_TYPES = {"symptom": "somebody suffers", "cause": "why somebody may suffer", "meta": "about the monitoring itself"}
_MEANS = {
    Severity.CRITICAL: "pages",
    Severity.WARNING: "a ticket",
    Severity.INFO: "goes to nobody",
    Severity.NONE: "fires always, on purpose",
}


@dataclass(frozen=True, slots=True)
class About:
    """What the configuration makes of an alert. `told` is the rest of its line, in words; `lane` names the labels of a
    lane that its result has."""

    severity: str
    means: str
    summary: str
    told: tuple[str, ...]
    thresholds: tuple[tuple[str, str], ...]
    lane: tuple[str, ...]
    enabled: bool
    muted_by: tuple[str, ...]


def of(spec: Spec, settings: Settings, lane: Mapping[str, str]) -> About:
    """This alert as it is configured for this lane. Raises ConfigError."""
    override = rules.override_of(spec, settings, lane)
    alert, found = spec.alert, rules.facts(spec, settings, override)
    enabled = settings.alerts.rules.get(spec.name, AlertRule()).enabled
    if override and override.enabled is not None:
        enabled = override.enabled
    told = [_TYPES[alert.alert_type], f"fires after {human(found.wait)}" if found.wait else "fires at once"]
    if alert.keep_firing_for:
        told.append(f"ends {human(alert.keep_firing_for)} after it is over")
    if alert.pages:
        told.append("a ticket for lanes with page: false")
    return About(
        severity=str(found.severity),
        means=_MEANS[found.severity],
        summary=alert.summary,
        told=tuple(told),
        thresholds=tuple(
            (name, human(value) if isinstance(alert.thresholds[name], str) else f"{language.number(value)}")
            for name, value in found.thresholds.items()
        ),
        lane=tuple(label for label in LANE if label in alert.by),
        enabled=alert.enabled if enabled is None else enabled,
        muted_by=alert.inhibited_by,
    )
