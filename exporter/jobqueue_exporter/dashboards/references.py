"""What is wrong with a source beside its shape: names of what is not there, keys that its kind does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jobqueue_exporter.bundle.anchors import anchors
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.page import Page
from jobqueue_exporter.dashboards import units
from jobqueue_exporter.dashboards.source import VARIABLES, Panel, Source

_ONLY: Mapping[str, tuple[str, ...]] = {
    "by": ("table",),
    "sort": ("table",),
    "stacked": ("timeseries",),
}
_OF_A_COLUMN = ("column", "with_", "unit", "decimals", "thresholds", "mappings")


class References:
    """Judges sources against the alerts, runbooks and dashboards that there are."""

    def __init__(self, sources: Sequence[Source], bundle: Bundle, pages: Sequence[Page]) -> None:
        self._dashboards = {source.name for source in sources}
        self._alerts = {spec.name: spec.topic for spec in bundle.specs}
        self._pages = {page.name: page for page in pages}
        self._places: dict[str, frozenset[str]] = {}
        self._elsewhere = not bundle.settings.ours

    def problems(self, source: Source) -> Iterator[str]:
        """All of it, with file and line."""
        for where, text in self._found(source):
            yield f"{source.place(*where)}: {text}"

    def _found(self, source: Source) -> Iterator[tuple[tuple[str | int, ...], str]]:
        dashboard = source.dashboard
        if list(dashboard.variables) != [name for name in VARIABLES if name in dashboard.variables]:
            yield ("variables",), f"each once, and in the order {', '.join(VARIABLES)}"
        for index, name in enumerate(dashboard.next):
            if text := self._next(source, name):
                yield ("next", index), text
        if not dashboard.rows:
            yield ("rows",), "there are none"
        yield from _twice(("rows",), [row.title for row in dashboard.rows])
        for at, row in enumerate(dashboard.rows):
            if row.topic not in self._pages and not self._elsewhere:
                yield ("rows", at, "topic"), f"there is no runbook {row.topic}; there are {', '.join(self._pages)}"
            if not row.panels:
                yield ("rows", at), f"the row {row.title} has no panels"
            yield from _twice(("rows", at, "panels"), [panel.title for panel in row.panels])
        for at, index, _, panel in source.panels():
            for key, text in (*self._links(source, panel), *_kind(panel), *_emptiness(panel)):
                yield ("rows", at, "panels", index, *key), f"{panel.title}: {text}"

    def _links(self, source: Source, panel: Panel) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if panel.next and (text := self._next(source, panel.next)):
            yield ("next",), text
        if panel.runbook is None:
            return
        topic = self._alerts.get(panel.runbook, "")
        if not topic:
            yield ("runbook",), f"there is no alert {panel.runbook}"
        elif panel.runbook.lower() not in self._anchors(topic) and not self._elsewhere:
            yield ("runbook",), f"the runbook {topic} has no place {panel.runbook}"

    def _anchors(self, topic: str) -> frozenset[str]:
        if topic not in self._places:
            self._places[topic] = anchors(self._pages[topic]) if topic in self._pages else frozenset()
        return self._places[topic]

    def _next(self, source: Source, name: str) -> str:
        if name == source.name:
            return "this is the dashboard itself"
        return "" if name in self._dashboards else f"there is no dashboard {name}"


def _kind(panel: Panel) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Keys that say nothing in a panel of this kind, and those that it lacks."""
    plain = Panel(title="-", question="-", kind=panel.kind)
    for key, kinds in _ONLY.items():
        if panel.kind not in kinds and getattr(panel, key) != getattr(plain, key):
            yield (key,), f"`{key}` is for a {' or '.join(kinds)}; this is a {panel.kind}"
    if panel.kind == "alert-list":
        if panel.queries:
            yield ("queries",), "an alert-list has queries of its own"
        return
    if not panel.queries:
        yield (), "there are no queries"
    if panel.kind == "table":
        yield from _table(panel)
        return
    if panel.unit is None and not panel.mappings:
        yield (), "the unit is missing; `none` is one"
    yield from _unit(("unit",), panel.unit)
    if panel.kind == "heatmap" and len(panel.queries) != 1:
        yield ("queries",), "a heatmap has one query"
    for number, query in enumerate(panel.queries):
        for key in (key for key in _OF_A_COLUMN if getattr(query, key)):
            yield ("queries", number, key.rstrip("_")), f"`{key.rstrip('_')}` of a query is for a table"
        if query.as_ != "line" and panel.kind != "timeseries":
            yield ("queries", number, "as"), f"`as` is for a timeseries; this is a {panel.kind}"


def _table(panel: Panel) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not panel.by:
        yield (), "a table needs `by`: the labels that make a row"
    columns = [query.column for query in panel.queries if query.column]
    yield from _twice(("queries",), columns)
    # a column is sorted by its title, which for labels begins with a capital
    titles = {*columns, *(label[:1].upper() + label[1:].replace("_", " ") for label in panel.by)}
    if panel.sort and panel.sort.removeprefix("-") not in titles:
        yield ("sort",), f"there is no column {panel.sort.removeprefix('-')}; there are {', '.join(sorted(titles))}"
    for number, query in enumerate(panel.queries):
        if query.legend:
            yield ("queries", number, "legend"), "a table has no legend; name the `column`"
        if query.column and query.unit is None and panel.unit is None and not query.mappings:
            yield ("queries", number), f"the column {query.column} has no unit; `none` is one"
        yield from _unit(("queries", number, "unit"), query.unit)


def _unit(where: tuple[str | int, ...], unit: str | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if unit is not None and unit not in units.UNITS:
        yield where, f"Grafana has no unit {unit} that we know; we know {', '.join(units.UNITS)}"


def _emptiness(panel: Panel) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if not panel.shows_in and not panel.empty_because:
        yield ("shows_in",), "no situation is left in which it shows anything; say why in `empty_because`"


def _twice(where: tuple[str | int, ...], titles: Sequence[str]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for index, title in enumerate(titles):
        if title in titles[:index]:
            yield (*where, index), f"the title {title} is there twice"
