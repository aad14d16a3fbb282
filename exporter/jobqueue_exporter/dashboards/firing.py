"""Firing alerts as annotations: one query for each topic, since the topic says where the runbook is."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.bundle import specs
from jobqueue_exporter.bundle.spec import TOPICS
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.dashboards.alert_list import alternatives
from jobqueue_exporter.dashboards.links import Links
from jobqueue_exporter.dashboards.panels import DATASOURCE
from jobqueue_exporter.dashboards.source import Source
from jobqueue_exporter.dashboards.words import FIRING, Words

_COLOUR = "red"


def annotated(source: Source, words: Words, links: Links) -> list[dict[str, object]]:
    """Those of the topics that the dashboard has rows of."""
    return [_annotation(topic, words, links) for topic in topics(source)]


def topics(source: Source) -> tuple[str, ...]:
    """The topics of its rows and alert-lists, each once."""
    return tuple(dict.fromkeys(_topics(source)))


def _topics(source: Source) -> Iterator[str]:
    for row in source.dashboard.rows:
        yield row.topic
        for panel in row.panels:
            if panel.kind == "alert-list":
                yield from TOPICS


def _annotation(topic: str, words: Words, links: Links) -> dict[str, object]:
    labels = ("alertname", "severity", *LANE)
    expr = words.gauge("ALERTS", f'{FIRING}, alertname=~"{alternatives([topic], words)}"', labels)
    link = f'<a href="{links.runbook(topic)}#{{{{alertname}}}}" target="_blank" rel="noopener">runbook</a>'
    title = specs.title(topic) if topic in TOPICS else topic
    return {
        "name": f"Alerts: {title}",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": _COLOUR,
        "target": {"refId": "Anno", "expr": expr, "interval": "60s"},
        "titleFormat": "{{alertname}}",
        # Grafana writes the name of a label that is not there, so what may be absent is told by tags
        "textFormat": f"{{{{severity}}}}: {link}",
        "tagKeys": ",".join(("severity", *LANE)),
        "useValueForTime": False,
    }
