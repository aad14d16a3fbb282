"""A table: the results of its queries side by side in rows of equal labels, and what is said of each column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.dashboards import alert_list, colours
from jobqueue_exporter.dashboards.source import Panel, Query

Data = dict[str, object]
_HIDDEN = frozenset(alert_list.OF_LABELS.values())
_TITLES = {"alertname": "Alert"}
_UNTOLD = {"queue": "All", "kind": "All", "owner": "-", "version": "-"}
"""What is shown of labels that may be empty. Prometheus leaves empty ones out, and a column that is not there joins
nothing and links nowhere; All is what Grafana calls the choice of everything."""


def ref(number: int) -> str:
    """How Grafana calls a query: A, B, and on."""
    return chr(ord("A") + number)


def title(label: str) -> str:
    """The title of a column of label values."""
    return _TITLES.get(label, label[:1].upper() + label[1:].replace("_", " "))


def whole(expr: str, labels: Iterable[str]) -> str:
    """The expression, in whose result none of these labels is empty."""
    for label in labels:
        if label in _UNTOLD:
            expr = f'label_replace(\n{expr},\n"{label}", "{_UNTOLD[label]}", "{label}", "")'
    return expr


def transformations(panel: Panel, keep: Sequence[str]) -> list[Data]:
    """Joins the results by their labels, then orders and names the columns."""
    more = dict.fromkeys(label for query in panel.queries for label in query.with_)
    labels = [label for label in (*keep, *panel.by, *more) if label not in _HIDDEN]
    values = {_value(panel, number): query for number, query in enumerate(panel.queries)}
    shown = [*labels, *(name for name, query in values.items() if query.column)]
    renamed = {label: title(label) for label in labels}
    renamed |= {name: query.column for name, query in values.items() if query.column}
    hidden = ["Time", *(name for name in more if name in _HIDDEN)]
    hidden += [name for name, query in values.items() if not query.column]
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
        if query.column:
            yield _override(query.column, _properties(query, bundle))
    if panel.by == alert_list.LABELS:
        yield _override(title("alertname"), [{"id": "links", "value": alert}])
    elif cell:
        for label in (*bundle.settings.alerts.keep_labels, *panel.by):
            yield _override(title(label), [{"id": "links", "value": cell}])


def _properties(query: Query, bundle: Bundle) -> Iterator[Data]:
    if query.unit:
        yield {"id": "unit", "value": query.unit}
    if query.decimals is not None:
        yield {"id": "decimals", "value": query.decimals}
    yield {"id": "mappings", "value": colours.of_cells(query.mappings)}
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
