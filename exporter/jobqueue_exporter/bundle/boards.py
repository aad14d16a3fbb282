"""Which dashboard shows what an alert is about, and the link to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobqueue_exporter.catalog.metric import LANE

UID = "jobqueue-"
"""How the uid of each of our dashboards begins; its name follows."""

_BY_TOPIC: Mapping[str, str] = {
    "backlog": "queue",
    "failures": "queue",
    "workers": "workers",
    "dead-letter-queue": "dead-letters",
    "objectives": "objectives",
    "schedules": "readiness",
    "readiness": "readiness",
    "exporter": "exporter",
}
_OF_OTHERS = "overview"

NAMES = tuple(dict.fromkeys((*_BY_TOPIC.values(), _OF_OTHERS)))
"""Every dashboard that alerts link to, each once."""


def url(grafana: str, topic: str, by: Sequence[str], keep: Sequence[str] = ()) -> str:
    """The dashboard for an alert of this topic whose result has the labels `by`, over the last six hours, narrowed by
    its lane and by `keep`, which tells installations apart. Prometheus puts values in, escaped; Grafana leaves out what
    a dashboard has no variable for."""
    chosen = [*(keep if "source" in by else ()), *(name for name in LANE if name in by)]
    variables = [f"var-{name}={{{{ $labels.{name} | urlquery }}}}" for name in chosen]
    query = "&".join([*variables, "from=now-6h", "to=now"])
    return f"{grafana.rstrip('/')}/d/{UID}{_BY_TOPIC.get(topic, _OF_OTHERS)}?{query}"
