"""The firing alerts as a table: Grafana's own alert list knows neither our runbooks nor our variables."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from jobqueue_exporter.bundle.spec import Severity
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.dashboards.source import Panel, Query, Word
from jobqueue_exporter.dashboards.words import FIRING, OURS, Words

LABELS = ("alertname", "severity", *LANE, "topic")
SEVERITIES = {
    "critical": Word(text="critical", colour="critical"),
    "warning": Word(text="warning", colour="warning"),
    "info": Word(text="info", colour="info"),
}
"""What stands in the column of severities."""


def table(panel: Panel, words: Words) -> Panel:
    """A table of the firing alerts of some topics, pages first, each with the topic of its runbook."""
    query = Query(expr=_since(panel.topics, words), column="Since", unit="dateTimeFromNow")
    return msgspec.structs.replace(panel, kind="table", by=LABELS, queries=(query,), sort="Severity")


def alternatives(topics: Iterable[str], words: Words) -> str:
    """The alerts of these topics, as a regular expression; not those that never tell anybody anything."""
    wanted = set(topics)
    specs = words.bundle.specs
    return "|".join(spec.name for spec in specs if spec.topic in wanted and spec.alert.severity is not Severity.NONE)


def _since(topics: tuple[str, ...], words: Words) -> str:
    """When each firing alert began, in milliseconds, as Grafana's units have it."""
    labels = tuple(label for label in LABELS if label != "topic")
    which = f'alertname=~"{alternatives(topics, words)}"' if topics else OURS
    began = f"min by ({words.labels(*labels)}) ({words.selector('ALERTS_FOR_STATE', which)})"
    fires = words.gauge("ALERTS", f"{FIRING}, {which}", labels)
    expr = f"1000 * {began}\nand {words.on(*labels)} {fires}"
    for topic in topics or dict.fromkeys(spec.topic for spec in words.bundle.specs):
        names = alternatives([topic], words)
        expr = f'label_replace(\n{expr},\n"topic", "{topic}", "alertname", "{names}")'
    return expr
