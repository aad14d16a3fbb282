"""The rules of Grafana's dashboard-linter, by its names for them, and some of our own, on rendered dashboards."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import promql_parser as promql

from jobqueue_exporter.bundle import selectors
from jobqueue_exporter.bundle.language import LABELS
from jobqueue_exporter.catalog import METRICS, Type
from jobqueue_exporter.dashboards.layout import COLUMNS, Spot
from jobqueue_exporter.dashboards.words import with_spans

Data = Mapping[str, Any]
Found = Iterator[tuple[int | None, str]]

LEFT_OUT: Mapping[str, str] = {
    "template-job-rule": "sources tell our series apart; the scrape job is one for all of them",
    "template-instance-rule": "an instance is one of the exporters that read the same, and these are brought together",
    "target-job-rule": "the same: no query is narrowed by the job",
    "target-instance-rule": "the same: a query narrowed by one exporter would be empty when another has taken over",
    "target-logql-rule": "there are no logs in these dashboards",
    "target-logql-auto-rule": "the same",
}
"""The rules of dashboard-linter that we leave out, and why."""

_LONGEST_UID = 40
_UIDS = ("$datasource", "${datasource}")
_VALUES = re.compile(r"label_values\((?P<series>.+), *(?P<label>\w+)\)")
_SHOWS_NUMBERS = ("stat", "timeseries", "gauge", "bargauge")
_SHOWS_NOW = ("stat", "gauge", "bargauge", "table")
_GROWING = frozenset(
    name
    for metric in METRICS
    for name in (
        [f"{metric.name}_bucket", f"{metric.name}_sum", f"{metric.name}_count"]
        if metric.type is Type.HISTOGRAM
        else [metric.name]
        if metric.type is Type.COUNTER
        else []
    )
)
_GROWTH = ("rate", "irate", "increase", "delta", "resets")


def problems(dashboard: Data) -> Found:
    """All findings, each with the id of its panel, None for the dashboard itself, and the name of its rule."""
    for name, rule in RULES.items():
        yield from ((number, f"{name}: {text}") for number, text in rule(dashboard))


def _datasource(dashboard: Data) -> Found:
    found = [each for each in _variables(dashboard) if each.get("type") == "datasource"]
    if len(found) != 1:
        yield None, f"there are {len(found)} data source variables, expected one"
        return
    for key, wanted in (("name", "datasource"), ("label", "Data source"), ("query", "prometheus")):
        if found[0].get(key) != wanted:
            yield None, f"the {key} of the data source variable is {found[0].get(key)!r}, expected {wanted!r}"


def _label_promql(dashboard: Data) -> Found:
    for each in _queried(dashboard):
        name, query = each.get("name"), str(each.get("query", ""))
        parts = _VALUES.fullmatch(query)
        if parts is None:
            yield None, f"variable {name}: expected label_values(series, label), got {query}"
            continue
        try:
            series = promql.parse(with_spans(parts["series"]))
        except ValueError as error:
            yield None, f"variable {name}: not PromQL: {error}"
            continue
        for metric in selectors.metrics(series):
            if metric not in LABELS:
                yield None, f"variable {name}: there is no metric {metric} in the catalogue"
        if each.get("datasource", {}).get("uid") not in _UIDS:
            yield None, f"variable {name} does not ask the chosen data source"


def _reload(dashboard: Data) -> Found:
    for each in _queried(dashboard):
        if each.get("refresh") != 2:
            yield None, f"variable {each.get('name')} is not asked for anew when the time range changes (refresh: 2)"


def _panel_datasource(dashboard: Data) -> Found:
    for panel in _panels(dashboard):
        sources = [panel.get("datasource"), *(each.get("datasource") for each in panel.get("targets", []))]
        if any((each or {}).get("uid") not in _UIDS for each in sources):
            yield panel.get("id"), "does not ask the chosen data source"


def _described(dashboard: Data) -> Found:
    for panel in _panels(dashboard):
        for key in ("title", "description"):
            if not str(panel.get(key) or "").strip():
                yield panel.get("id"), f"has no {key}"


def _units(dashboard: Data) -> Found:
    for panel in _panels(dashboard):
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        if panel.get("type") in _SHOWS_NUMBERS and not defaults.get("unit") and not defaults.get("mappings"):
            yield panel.get("id"), "has no unit"


def _targets(dashboard: Data) -> Found:
    for panel in _panels(dashboard):
        if not panel.get("targets"):
            yield panel.get("id"), "asks nothing"


def _promql(dashboard: Data) -> Found:
    for panel, expr in _expressions(dashboard):
        try:
            promql.parse(with_spans(expr))
        except ValueError as error:
            yield panel.get("id"), f"not PromQL: {' '.join(str(error).split())}"


def _rate_interval(dashboard: Data) -> Found:
    for panel, expr in _expressions(dashboard):
        for span in re.findall(r"\b(?:rate|irate)\([^\[\]]*\[([^\]:]+)\]", expr):
            if span != "$__rate_interval":
                yield panel.get("id"), f"a rate over {span}, expected $__rate_interval"


def _counters(dashboard: Data) -> Found:
    for panel, expr in _expressions(dashboard):
        try:
            root = promql.parse(with_spans(expr))
        except ValueError:
            continue
        for name in _bare_counters(root, ""):
            yield panel.get("id"), f"the counter {name} is shown as it is; use rate() or increase_over()"


def _bare_counters(expr: promql.Expr, function: str) -> Iterator[str]:
    selector = expr.vector_selector if isinstance(expr, promql.MatrixSelector) else expr
    if isinstance(selector, promql.VectorSelector) and selector.name in _GROWING and function not in _GROWTH:
        yield str(selector.name)
    called = expr.func.name if isinstance(expr, promql.Call) else function
    for part in selectors.inside(expr):
        yield from _bare_counters(part, called)


def _uneditable(dashboard: Data) -> Found:
    if dashboard.get("editable") is not False:
        yield None, "can be edited in Grafana, where changes are lost"


def _no_value(dashboard: Data) -> Found:
    for panel in _panels(dashboard):
        if panel.get("type") == "table" and "noValue" in panel.get("fieldConfig", {}).get("defaults", {}):
            yield panel.get("id"), "says in each empty cell why there may be no rows"


def _now(dashboard: Data) -> Found:
    for panel in _panels(dashboard):
        if panel.get("type") in _SHOWS_NOW and not all(each.get("instant") for each in panel.get("targets", [])):
            yield panel.get("id"), "shows what was, hours after it is no longer told: its queries are not instant"


def _grid(dashboard: Data) -> Found:
    taken: list[tuple[Spot, Data]] = []
    for panel in dashboard.get("panels", []):
        spot = Spot(**panel.get("gridPos", {"x": 0, "y": 0, "w": 0, "h": 0}))
        if spot.w < 1 or spot.h < 1 or spot.x < 0 or spot.y < 0:
            yield panel.get("id"), "has no room in the grid"
        if spot.x + spot.w > COLUMNS:
            yield panel.get("id"), f"goes over the edge of the grid: {spot.x} + {spot.w} is more than {COLUMNS}"
        for other, its in taken:
            if spot.overlaps(other):
                yield panel.get("id"), f"overlaps {its.get('title')}"
        taken.append((spot, panel))


def _ids(dashboard: Data) -> Found:
    uid = str(dashboard.get("uid", ""))
    if not re.fullmatch(r"[\w-]+", uid) or len(uid) > _LONGEST_UID:
        yield None, f"the uid {uid!r} is not of letters, digits, - and _, at most {_LONGEST_UID}"
    seen: set[object] = set()
    for panel in dashboard.get("panels", []):
        number = panel.get("id")
        if not isinstance(number, int) or number < 1 or number in seen:
            yield number, f"has the id {number}, which is not one of its own"
        seen.add(number)
        refs = [each.get("refId") for each in panel.get("targets", [])]
        if len(refs) != len(set(refs)):
            yield number, "has two queries of the same refId"


def _variables(dashboard: Data) -> list[Data]:
    return list(dashboard.get("templating", {}).get("list", []))


def _queried(dashboard: Data) -> list[Data]:
    return [each for each in _variables(dashboard) if each.get("type") == "query"]


def _panels(dashboard: Data) -> list[Data]:
    return [panel for panel in dashboard.get("panels", []) if panel.get("type") != "row"]


def _expressions(dashboard: Data) -> Iterator[tuple[Data, str]]:
    for panel in _panels(dashboard):
        yield from ((panel, str(target.get("expr", ""))) for target in panel.get("targets", []))


RULES: Mapping[str, Callable[[Data], Found]] = {
    "template-datasource-rule": _datasource,
    "template-label-promql-rule": _label_promql,
    "template-on-time-change-reload-rule": _reload,
    "panel-datasource-rule": _panel_datasource,
    "panel-title-description-rule": _described,
    "panel-units-rule": _units,
    "panel-no-targets-rule": _targets,
    "target-promql-rule": _promql,
    "target-rate-interval-rule": _rate_interval,
    "target-counter-agg-rule": _counters,
    "uneditable-dashboard": _uneditable,
    "grid": _grid,
    "ids": _ids,
    "no-value": _no_value,
    "now": _now,
}
"""Each rule by its name; the last four are ours."""
