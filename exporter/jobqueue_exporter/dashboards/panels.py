"""A panel as Grafana has it."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.dashboards import colours, options, tables
from jobqueue_exporter.dashboards.filled import Filled, ignored
from jobqueue_exporter.dashboards.layout import Spot
from jobqueue_exporter.dashboards.links import Links
from jobqueue_exporter.dashboards.source import ColourName, Panel, Query, Source

Data = dict[str, object]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_DASHED = {"fill": "dash", "dash": [8, 6]}


def panel(source: Source, filled: Filled, number: int, spot: Spot, links: Links) -> Data:
    """The panel with this id in this spot. Raises ValueError: a threshold names what there is not."""
    shown = filled.panel
    made: Data = {
        "id": number,
        "type": options.TYPES.get(shown.kind, shown.kind),
        "title": shown.title,
        "description": _description(source, shown),
        "datasource": DATASOURCE,
        "gridPos": spot.data(),
        "links": links.of_panel(filled),
        "fieldConfig": {
            "defaults": _defaults(shown, links),
            "overrides": list(_overrides(source, filled, links)),
        },
        "options": options.options(shown),
        "targets": [_target(shown, query, index) for index, query in enumerate(shown.queries)],
    }
    if shown.kind == "table":
        made["transformations"] = tables.transformations(shown, links.bundle.settings.alerts.keep_labels)
    return made


def row(title: str, number: int, spot: Spot) -> Data:
    """The title of a row."""
    return {"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": spot.data(), "panels": []}


def _description(source: Source, shown: Panel) -> str:
    """Its question, and what is to be known of the answer."""
    found = [shown.question]
    if of_all := ignored(shown, source.dashboard.variables):
        found.append(f"Of all {' and '.join(f'{name}s' for name in of_all)}, whichever are chosen.")
    if shown.kind == "table" and shown.empty_because:
        found.append(f"Empty when {shown.empty_because[0].lower()}{shown.empty_because[1:]}")
    return " ".join(found)


def _target(shown: Panel, query: Query, index: int) -> Data:
    now = shown.kind in ("table", "bar-gauge", "stat")
    return {
        "refId": tables.ref(index),
        "datasource": DATASOURCE,
        "editorMode": "code",
        "expr": query.expr,
        "format": {"table": "table", "heatmap": "heatmap"}.get(shown.kind, "time_series"),
        "legendFormat": "{{le}}" if shown.kind == "heatmap" else query.legend or "__auto",
        "instant": now,
        "range": not now,
    }


def _defaults(shown: Panel, links: Links) -> Data:
    by_value = bool(shown.thresholds or shown.mappings) and shown.kind != "timeseries"
    found: Data = {
        "color": {"mode": "thresholds" if by_value else "palette-classic"},
        "custom": options.custom(shown),
        "mappings": colours.mappings(shown.mappings),
        "thresholds": colours.thresholds(shown.thresholds, links.bundle),
        "unit": shown.unit,
        "min": shown.min,
        "max": shown.max,
        "decimals": shown.decimals,
        "noValue": shown.empty_because if shown.kind != "table" else None,  # a table would show it in each empty cell
    }
    return {key: value for key, value in found.items() if value is not None}


def _overrides(source: Source, filled: Filled, links: Links) -> Iterator[Data]:
    if filled.panel.kind == "table":
        cell, alert = links.of_cell(source, filled), links.of_alert()
        yield from tables.overrides(filled.panel, links.bundle, cell, alert)
        return
    for index, query in enumerate(filled.panel.queries):
        if properties := list(_drawn(query)):
            yield {"matcher": {"id": "byFrameRefID", "options": tables.ref(index)}, "properties": properties}
    for value, colour in _values(filled.panel).items():
        yield {"matcher": {"id": "byRegexp", "options": f"/(^| ){value}$/"}, "properties": [_fixed(colour)]}


def _values(shown: Panel) -> dict[str, ColourName]:
    """The colours of series whose names end with the value of a label that has such."""
    found: dict[str, ColourName] = {}
    for query in shown.queries:
        for label, named in colours.OF_VALUES.items():
            if query.legend.endswith(f"{{{{{label}}}}}"):
                found |= named
    return found


def _drawn(query: Query) -> Iterator[Data]:
    """What makes the series of a query look otherwise than the others."""
    match query.as_:
        case "threshold":
            yield _fixed("critical")
            yield {"id": "custom.lineStyle", "value": _DASHED}
            yield {"id": "custom.fillOpacity", "value": 0}
            yield {"id": "custom.stacking", "value": {"mode": "none", "group": "A"}}
        case "area":
            yield {"id": "custom.fillOpacity", "value": 30}
        case "below":
            yield {"id": "custom.transform", "value": "negative-Y"}


def _fixed(colour: ColourName) -> Data:
    return {"id": "color", "value": {"mode": "fixed", "fixedColor": colours.COLOURS[colour]}}
