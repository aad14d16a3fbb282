"""The metrics of others that alerts and dashboards may use, each with its labels and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Other:
    """A metric that is not ours: `labels` are those that it brings, without job and instance of its scrape."""

    name: str
    labels: tuple[str, ...]
    origin: str


_ALERT = ("alertname", "severity", "alert_type", "source", "queue", "kind", "owner")
_CONTAINER = ("namespace", "pod", "container", "uid")

OTHERS = (
    Other("up", (), "Prometheus: 1 if the last scrape of a target succeeded"),
    Other("scrape_duration_seconds", (), "Prometheus: how long the last scrape of a target took"),
    Other("scrape_samples_scraped", (), "Prometheus: how many samples the last scrape of a target had"),
    Other("ALERTS", ("alertstate", *_ALERT), "Prometheus: 1 for each alert that is pending or firing"),
    Other("ALERTS_FOR_STATE", _ALERT, "Prometheus: when each alert that is pending or firing began to be so"),
    Other(
        "kube_pod_container_status_restarts_total",
        _CONTAINER,
        "kube-state-metrics: how often a container was started again",
    ),
    Other(
        "kube_pod_container_status_waiting_reason",
        (*_CONTAINER, "reason"),
        "kube-state-metrics: 1 for the reason why a container waits, such as CrashLoopBackOff",
    ),
    Other(
        "kube_pod_container_status_last_terminated_reason",
        (*_CONTAINER, "reason"),
        "kube-state-metrics: 1 for the reason why a container last ended, such as OOMKilled",
    ),
)
