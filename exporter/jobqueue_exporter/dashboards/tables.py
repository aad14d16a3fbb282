"""A table: the results of its queries side by side in rows of equal labels, and what is said of each column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.dashboards import alert_list, colours
from jobqueue_exporter.dashboards.source import Panel, Query

Data = dict[str, object]
_TITLES = {"alertname": "Alert"}


def ref(number: int) -> str:
    """How Grafana calls a query: A, B, and on."""
    return chr(ord("A") + number)


def title(label: str) -> str:
    """The title of a column of label values."""
    return _TITLES.get(label, label[:1].upper() + label[1:].replace("_", " "))


def transformations(panel: Panel) -> list[Data]:
    """Joins the results by their labels, then orders and names the columns."""
    labels = [*panel.by, *(label for query in panel.queries for label in query.with_)]
    values = {_value(panel, number): query for number, query in enumerate(panel.queries)}
    shown = [*labels, *(name for name, query in values.items() if query.column)]
    renamed = {label: title(label) for label in labels}
    renamed |= {name: query.column for name, query in values.items() if query.column}
    hidden = ["Time", *(name for name, query in values.items() if not query.column)]
    return [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {
                "excludeByName": dict.fromkeys(hidden, True),
                "indexByName": {name: index for index, name in enumerate(shown)},
                "renameByName": renamed,
            },
        },
    ]


def overrides(panel: Panel, bundle: Bundle, cell: list[Data], alert: list[Data]) -> Iterator[Data]:
    """What is said of single columns: units and colours of values; links on labels. Raises ValueError."""
    for query in panel.queries:
        if query.column and (properties := list(_properties(query, bundle))):
            yield _override(query.column, properties)
    if panel.by == alert_list.LABELS:
        yield _override(title("alertname"), [{"id": "links", "value": alert}])
        severities = colours.mappings(alert_list.SEVERITIES)
        yield _override(title("severity"), [{"id": "mappings", "value": severities}, _coloured("color-text")])
    elif cell:
        for label in panel.by:
            yield _override(title(label), [{"id": "links", "value": cell}])


def _properties(query: Query, bundle: Bundle) -> Iterator[Data]:
    if query.unit:
        yield {"id": "unit", "value": query.unit}
    if query.decimals is not None:
        yield {"id": "decimals", "value": query.decimals}
    if query.mappings:
        yield {"id": "mappings", "value": colours.mappings(query.mappings)}
    if query.thresholds:
        yield {"id": "thresholds", "value": colours.thresholds(query.thresholds, bundle)}
        yield {"id": "color", "value": {"mode": "thresholds"}}  # else the cell has a colour of the palette
    if query.thresholds or query.mappings:
        yield _coloured("color-background")


def _coloured(how: str) -> Data:
    return {"id": "custom.cellOptions", "value": {"type": how}}


def _override(column: str, properties: Iterable[Data]) -> Data:
    return {"matcher": {"id": "byName", "options": column}, "properties": list(properties)}


def _value(panel: Panel, number: int) -> str:
    """What Grafana calls the values of a query in a table."""
    return "Value" if len(panel.queries) == 1 else f"Value #{ref(number)}"
