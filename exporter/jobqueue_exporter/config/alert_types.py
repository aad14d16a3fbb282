"""What jobqueue.yml may say of alerts, of those who answer for queues, and of where pages are."""

from __future__ import annotations

from typing import Literal

import msgspec

from jobqueue_exporter.config.basics import DurationOrZero, Strict

Threshold = float | str


class AlertMatch(Strict, frozen=True, kw_only=True):
    """Which results of an alert; each value may hold * and ?. Only labels that the alert has may be named."""

    source: str = "*"
    """The name of the source."""
    queue: str = "*"
    """The queue."""
    kind: str = "*"
    """The kind."""


class AlertChange(Strict, frozen=True, kw_only=True):
    """What differs from the alert's own spec."""

    enabled: bool | None = None
    """false: it is left out; true: one that is off by default is rendered."""
    threshold: Threshold | None = None
    """The threshold that is called just so; a number, or a duration such as 10m."""
    thresholds: dict[str, Threshold] = msgspec.field(default_factory=dict)
    """Others by name."""
    for_: DurationOrZero | None = msgspec.field(name="for", default=None)
    """How long it must be so."""
    severity: Literal["critical", "warning", "info"] | None = None
    """How bad it is."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels to add."""


class AlertOverride(AlertChange, frozen=True, kw_only=True):
    """What differs for some sources, queues or kinds: they get a rule of their own."""

    match: AlertMatch
    """For which; the first match wins."""


class AlertRule(AlertChange, frozen=True, kw_only=True):
    """What differs for one alert, everywhere or for some."""

    overrides: tuple[AlertOverride, ...] = ()
    """What differs for some; the first match wins."""


class Alerts(Strict, frozen=True, kw_only=True):
    """How alerts are rendered."""

    keep_labels: tuple[str, ...] = ()
    """Labels that tell clusters or teams apart: they join every grouping, join and inhibition."""
    extra_dir: str | None = None
    """A folder of your own specs; relative to the configuration file."""
    rules: dict[str, AlertRule] = msgspec.field(default_factory=dict)
    """What differs, by the name of the alert."""


class Owner(Strict, frozen=True, kw_only=True):
    """Somebody who answers for queues."""

    contact: str = ""
    """How they are reached; runbooks show it."""
    receiver: str = ""
    """The receiver of Alertmanager that pages them; left out: the one that gets all pages."""
    ticket_receiver: str = ""
    """The receiver that gets their tickets; left out: the one that gets all tickets."""


class Links(Strict, frozen=True, kw_only=True):
    """Where people find things, for links in alerts and on pages."""

    runbooks: str | None = None
    """Where the runbooks are; left out: on this exporter, under server.external_url."""
    grafana: str | None = None
    """Where Grafana is; left out: no links to dashboards."""
    prometheus: str | None = None
    """Where Prometheus is; left out: the page at / has no link to its alerts."""
    prometheus_job: str = "jobqueue"
    """The name of the scrape job."""
