"""All that is wrong with dashboards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jobqueue_exporter.bundle import boards, runbooks
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.dashboards import filled, lint, queries, rendering, shape
from jobqueue_exporter.dashboards.layout import panel_id
from jobqueue_exporter.dashboards.references import References
from jobqueue_exporter.dashboards.source import Source
from jobqueue_exporter.dashboards.words import Words
from jobqueue_exporter.errors import ConfigError

_HOME = "overview"


def problems(sources: Sequence[Source], bundle: Bundle) -> Iterator[str]:
    """All of it, with file and line of the sources. What is rendered is judged once nothing is wrong before."""
    references = References(sources, bundle, runbooks.pages(bundle))
    found = [text for source in sources for text in references.problems(source)]
    for source in sources:
        found += _written(source, bundle)
    if not found:
        found += [text for source in sources for text in _rendered(source, sources, bundle)]
        found += [*_boards(sources), *_unreached(sources)]
    yield from dict.fromkeys(found)


def _written(source: Source, bundle: Bundle) -> Iterator[str]:
    """What is wrong with the expressions."""
    words = Words(bundle, source.dashboard.variables)
    try:
        yield from queries.problems(source, filled.panels(source, bundle), words)
    except ConfigError as error:
        yield from error.problems


def _rendered(source: Source, sources: Sequence[Source], bundle: Bundle) -> Iterator[str]:
    """What Grafana's types and the rules say of the result."""
    try:
        made = rendering.dashboard(source, sources, bundle)
    except ConfigError as error:
        yield from error.problems
        return
    places = {
        panel_id(source.name, row.title, panel.title): (source.place("rows", at, "panels", index), panel.title)
        for at, index, row, panel in source.panels()
    }
    for number, text in (*shape.problems(made), *lint.problems(made)):
        place, title = places.get(number or 0, (source.place(), "the dashboard"))
        yield f"{place}: {title}: {text}"


def _boards(sources: Sequence[Source]) -> Iterator[str]:
    """Dashboards that links of alerts lead to, and that are not there."""
    there = {source.name for source in sources}
    yield from (
        f"alerts link to the dashboard {name}, which is not there" for name in boards.NAMES if name not in there
    )


def _unreached(sources: Sequence[Source]) -> Iterator[str]:
    """Dashboards to which no links lead from where one begins."""
    there = {source.name: source for source in sources}
    waiting, seen = [_HOME], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in there:
            continue
        seen.add(name)
        dashboard = there[name].dashboard
        waiting += [*dashboard.next, *(panel.next for row in dashboard.rows for panel in row.panels if panel.next)]
    if _HOME in there:
        yield from (f"{there[name].place()}: no way leads here from {_HOME}" for name in there if name not in seen)
