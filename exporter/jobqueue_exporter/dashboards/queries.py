"""What is wrong with the expressions of a dashboard, once they are written out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import promql_parser as promql

from jobqueue_exporter.bundle import selectors
from jobqueue_exporter.bundle.language import LABELS
from jobqueue_exporter.bundle.promql import Result
from jobqueue_exporter.dashboards.filled import Filled
from jobqueue_exporter.dashboards.source import Query, Source
from jobqueue_exporter.dashboards.variables import names
from jobqueue_exporter.dashboards.words import Words, with_spans

_VARIABLE = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))")
_OF_LEGEND = re.compile(r"\{\{ *(\w+) *\}\}")
_Parents = tuple[promql.Expr, ...]


def problems(source: Source, panels: tuple[Filled, ...], words: Words) -> Iterator[str]:
    """All of it, with file and line, each once."""
    found: dict[str, None] = {}
    for filled in panels:
        for number, query in enumerate(filled.panel.queries):
            place = source.place(*filled.where, "queries", number, "expr")
            found |= dict.fromkeys(f"{place}: {filled.panel.title}: {text}" for text in _query(filled, query, words))
    yield from found


def parsed(expr: str) -> promql.Expr:
    """The expression with a span in place of each that Grafana puts in. Raises ValueError."""
    made: promql.Expr = promql.parse(with_spans(expr))
    return made


def _query(filled: Filled, query: Query, words: Words) -> Iterator[str]:
    known = names(words)
    for braced, plain in _VARIABLE.findall(with_spans(query.expr)):
        if (name := braced or plain) not in known:
            yield f"there is no variable {name}; there are {', '.join(known)}"
    try:
        expr = parsed(query.expr)
    except ValueError as error:
        yield f"not PromQL: {' '.join(str(error).split())}"
        return
    yield from _selectors(expr, (), words)
    result = Result(expr, words.keep)
    yield from result.problems
    has = result.labels or frozenset()
    yield from _labels(filled, query, has - set(words.keep), set(words.keep))


def _labels(filled: Filled, query: Query, has: frozenset[str], keep: set[str]) -> Iterator[str]:
    """Whether what is shown of labels is what the result has, beside those that tell installations apart."""
    if filled.panel.kind == "table":
        wanted = {*filled.panel.by, *query.with_}
        if has != wanted:
            yield f"its result has the labels {_told(has)}; `by` and `with` say {_told(wanted)}"
        return
    if filled.panel.kind == "heatmap":
        if has != {"le"}:
            yield f"a heatmap needs the label le alone, and its result has {_told(has)}; use buckets()"
        return
    used = set(_OF_LEGEND.findall(query.legend))
    for label in sorted(used - has - keep):
        yield f"the legend uses the label {label}, which its result does not have; it has {_told(has)}"
    if missing := has - used:
        yield f"the legend does not tell apart what differs by {_told(missing)}"
    if not query.legend:
        yield "the legend is missing"


def _selectors(expr: promql.Expr, parents: _Parents, words: Words) -> Iterator[str]:
    selector = expr.vector_selector if isinstance(expr, promql.MatrixSelector) else expr
    if isinstance(selector, promql.VectorSelector):
        name = selector.name or ""
        yield from selectors.labelled(selector, everywhere=words.keep)
        if name in LABELS:
            yield from _narrowed(selector, words)
            if not _brought_together(expr, name, parents):
                yield f"{name} is aggregated by hand, so that two exporters would count twice; use the words"
    around = parents if isinstance(expr, promql.ParenExpr) else (*parents, expr)
    for part in selectors.inside(expr):
        yield from _selectors(part, around, words)


def _brought_together(expr: promql.Expr, name: str, parents: _Parents) -> bool:
    if isinstance(expr, promql.MatrixSelector):
        return selectors.brought_together(name, parents)
    nearest = next(reversed(parents), None)
    return isinstance(nearest, promql.AggregateExpr) and str(nearest.op) in ("max", "min")


def _narrowed(selector: promql.VectorSelector, words: Words) -> Iterator[str]:
    """Whether the choice of the dashboard's variables counts."""
    held = {(each.name, each.value) for each in selector.matchers.matchers}
    for name in (*words.keep, *words.variables):
        has = name in words.keep or name in LABELS[selector.name or ""]
        if has and not held & {(name, f"${name}"), (name, f"${name}|")}:
            yield f"{selector.name} is not narrowed by ${name}; use the words, or selector()"


def _told(labels: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(labels)) or "none"
