"""The panels of a dashboard with their expressions written out, as a configuration has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jinja2
import msgspec
import promql_parser as promql

from jobqueue_exporter.bundle import language, selectors
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.language import LABELS, UnknownMetric
from jobqueue_exporter.bundle.promql import Result
from jobqueue_exporter.catalog.metric import SOURCE
from jobqueue_exporter.dashboards import alert_list, tables
from jobqueue_exporter.dashboards.source import Panel, Row, Source
from jobqueue_exporter.dashboards.words import Words, with_spans
from jobqueue_exporter.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Filled:
    """A panel as it is rendered: an alert-list is a table by now, and expressions are PromQL. `where` is its place in
    the source, and `written` the panel as it stands there."""

    where: tuple[str | int, ...]
    row: Row
    panel: Panel
    written: Panel


def panels(source: Source, bundle: Bundle) -> tuple[Filled, ...]:
    """All panels of a dashboard. Raises ConfigError with all that is wrong with their expressions."""
    words = Words(bundle, source.dashboard.variables)
    problems: list[str] = []
    found = [
        Filled(where, row, _filled(source, where, panel, words, problems), panel) for where, row, panel in _all(source)
    ]
    if problems:
        raise ConfigError(*problems)
    return tuple(found)


def ignored(panel: Panel, variables: Sequence[str]) -> tuple[str, ...]:
    """The variables that narrow nothing in some query of a panel. Raises ValueError: an expression is no PromQL."""
    found: set[str] = set()
    for query in panel.queries:
        if metrics := selectors.metrics(promql.parse(with_spans(query.expr))):
            found |= set(variables) - {label for metric in metrics for label in LABELS.get(metric, ())}
    return tuple(name for name in variables if name in found)


def _all(source: Source) -> Iterator[tuple[tuple[str | int, ...], Row, Panel]]:
    for at, index, row, panel in source.panels():
        yield ("rows", at, "panels", index), row, panel


def _filled(source: Source, where: tuple[str | int, ...], panel: Panel, words: Words, problems: list[str]) -> Panel:
    if panel.kind == "alert-list":
        return alert_list.table(panel, words)
    queries = []
    for number, query in enumerate(panel.queries):
        try:
            expr = language.template(query.expr.strip()).render(words.all())
        except (jinja2.TemplateError, UnknownMetric, TypeError, ValueError, ConfigError) as error:
            problems.append(f"{source.place(*where, 'queries', number, 'expr')}: {panel.title}: {error}")
            continue
        legend = _legend(query.legend, expr, words) if panel.kind != "table" else ""
        if panel.kind == "table":
            expr = tables.whole(expr, (*panel.by, *query.with_))
        queries.append(msgspec.structs.replace(query, expr=expr, legend=legend))
    return msgspec.structs.replace(panel, queries=tuple(queries))


def _legend(legend: str, expr: str, words: Words) -> str:
    """With the labels before it that tell installations and sources apart, where the result has them and it is silent
    about them: two sources may have queues of the same name."""
    try:
        labels = Result(promql.parse(with_spans(expr)), words.keep).labels or frozenset()
    except ValueError:
        return legend  # the check says what is wrong
    before = [name for name in (*words.keep, *SOURCE) if name in labels and f"{{{{{name}}}}}" not in legend]
    return " ".join([*(f"{{{{{name}}}}}" for name in before), legend])
