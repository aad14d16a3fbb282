"""The firing alerts as a table: Grafana's own alert list knows neither our runbooks nor our variables."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from jobqueue_exporter.bundle.spec import Severity
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.dashboards.source import Panel, Query, Word
from jobqueue_exporter.dashboards.words import FIRING, OURS, Words

_RESULT = ("alertname", *LANE)
LABELS = (*_RESULT, "topic")
OF_LABELS = {label: f"of_{label}" for label in LANE}
"""Labels that are not shown, whose value is the name of another one where an alert has that: what a link calls it."""
_SEVERITIES = (
    ("critical", Word(text="critical", colour="critical")),
    ("warning", Word(text="warning", colour="warning")),
    ("info", Word(text="info", colour="info")),
)


def table(panel: Panel, words: Words) -> Panel:
    """A table of the firing alerts, pages first, each with the topic of its runbook."""
    hidden = tuple(OF_LABELS.values())
    rank = Query(
        expr=_told(_rank(words), words),
        column="Severity",
        with_=hidden,
        unit="none",
        mappings={str(number): word for number, (_, word) in enumerate(_SEVERITIES)},
    )
    since = Query(expr=_told(_since(words), words), column="Since", with_=hidden, unit="dateTimeFromNow")
    return msgspec.structs.replace(panel, kind="table", by=LABELS, queries=(rank, since), sort="Severity")


def alternatives(topics: Iterable[str], words: Words) -> str:
    """The alerts of these topics, as a regular expression; not those that never tell anybody anything."""
    wanted = set(topics)
    specs = words.bundle.specs
    return "|".join(spec.name for spec in specs if spec.topic in wanted and spec.alert.severity is not Severity.NONE)


def _rank(words: Words) -> str:
    """How far down each firing alert stands."""
    which = (f'{OURS}, severity="{name}"' for name, _ in _SEVERITIES)
    return "\nor ".join(f"{number} * {_firing(words, each)}" for number, each in enumerate(which))


def _since(words: Words) -> str:
    """When each firing alert began, in milliseconds, as Grafana's units have it."""
    labels = words.labels(*_RESULT)
    began = f"min by ({labels}) ({words.selector('ALERTS_FOR_STATE', OURS)})"
    return f"1000 * {began}\nand {words.on(*_RESULT)} {_firing(words, OURS)}"


def _firing(words: Words, which: str) -> str:
    return words.gauge("ALERTS", f"{FIRING}, {which}", _RESULT)


def _told(expr: str, words: Words) -> str:
    """With the topic of each alert, and OF_LABELS."""
    for topic in dict.fromkeys(spec.topic for spec in words.bundle.specs):
        expr = f'label_replace(\n{expr},\n"topic", "{topic}", "alertname", "{alternatives([topic], words)}")'
    for label, name in OF_LABELS.items():
        expr = f'label_replace(\n{expr},\n"{name}", "{label}", "{label}", ".+")'
    return expr
