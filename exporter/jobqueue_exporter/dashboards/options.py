"""How each kind of panel shows its values, as Grafana's own defaults have it but for what we say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobqueue_exporter.dashboards.source import Panel

TYPES: Mapping[str, str] = {"bar-gauge": "bargauge"}
"""What Grafana calls a kind, where it is another word."""

_NOW = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}


def options(panel: Panel) -> dict[str, object]:
    """The options of a panel."""
    return _OPTIONS[panel.kind](panel)


def custom(panel: Panel) -> dict[str, object]:
    """What is said of each of its fields beside unit, colours and the like."""
    made = _CUSTOM.get(panel.kind)
    return made(panel) if made else {}


def _stat(panel: Panel) -> dict[str, object]:
    return {
        "colorMode": "background" if panel.thresholds or panel.mappings else "none",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": _NOW,
        "showPercentChange": False,
        "textMode": "auto",
        "wideLayout": True,
    }


def _timeseries(_: Panel) -> dict[str, object]:
    return {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}


def _bar_gauge(_: Panel) -> dict[str, object]:
    return {
        "displayMode": "basic",
        "legend": {**_LEGEND, "showLegend": False},
        "maxVizHeight": 300,
        "minVizHeight": 16,
        "minVizWidth": 8,
        "namePlacement": "auto",
        "orientation": "horizontal",
        "reduceOptions": _NOW,
        "showUnfilled": True,
        "sizing": "auto",
        "valueMode": "color",
    }


def _state_timeline(_: Panel) -> dict[str, object]:
    return {
        "alignValue": "left",
        "legend": _LEGEND,
        "mergeValues": True,
        "rowHeight": 0.9,
        "showValue": "auto",
        "tooltip": {"mode": "single", "sort": "none"},
    }


def _table(panel: Panel) -> dict[str, object]:
    sort = panel.sort or ""
    sorted_by = {"sortBy": [{"displayName": sort.removeprefix("-"), "desc": sort.startswith("-")}]} if sort else {}
    return {"cellHeight": "sm", "frameIndex": 0, "showHeader": True, **sorted_by}


def _heatmap(panel: Panel) -> dict[str, object]:
    return {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scale": "exponential",
            "scheme": "Oranges",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, **({"unit": panel.unit} if panel.unit else {})},
    }


def _lines(panel: Panel) -> dict[str, object]:
    return {
        "axisPlacement": "auto",
        "drawStyle": "line",
        "fillOpacity": 30 if panel.stacked else 8,
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "scaleDistribution": {"type": "linear"},
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "dashed" if panel.thresholds else "off"},
    }


_OPTIONS: Mapping[str, Callable[[Panel], dict[str, object]]] = {
    "stat": _stat,
    "timeseries": _timeseries,
    "bar-gauge": _bar_gauge,
    "state-timeline": _state_timeline,
    "table": _table,
    "heatmap": _heatmap,
}
_CUSTOM: Mapping[str, Callable[[Panel], dict[str, object]]] = {
    "timeseries": _lines,
    "state-timeline": lambda _: {"fillOpacity": 75, "lineWidth": 0},
    "table": lambda _: {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": False, "inspect": False},
    "heatmap": lambda _: {"scaleDistribution": {"type": "linear"}},
}
