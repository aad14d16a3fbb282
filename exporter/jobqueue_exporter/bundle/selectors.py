"""How an expression selects series: by known names and labels, and through the words of the language only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import promql_parser as promql

from jobqueue_exporter.bundle.language import LABELS, TARGET
from jobqueue_exporter.bundle.matched import MARK
from jobqueue_exporter.bundle.others import OTHERS
from jobqueue_exporter.model import Breaker, Cause, Outcome, Place, RecoveryState, Signal, State

LEAST_RANGE = timedelta(minutes=1)
_FOREIGN = {other.name for other in OTHERS}
_VALUES: Mapping[tuple[str, str], frozenset[str]] = {
    ("jobqueue_jobs", "state"): frozenset(State),
    ("jobqueue_jobs_capped", "state"): frozenset(State),
    ("jobqueue_workers", "state"): frozenset({"live", "stale"}),
    ("jobqueue_circuit_breaker_state", "state"): frozenset(Breaker),
    ("jobqueue_dead_letter_jobs", "cause"): frozenset(Cause),
    ("jobqueue_recovery_jobs", "recovery_state"): frozenset(RecoveryState),
    ("jobqueue_jobs_finished_total", "outcome"): frozenset(Outcome),
    ("jobqueue_signal_available", "signal"): frozenset(Signal),
    ("jobqueue_binary_available", "where"): frozenset(Place),
}
_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
_WORDS = re.compile(r"\w+(\|\w+)*")
_Parents = tuple[promql.Expr, ...]


def problems(expr: promql.Expr, keep: str = "", narrowed: str = "") -> Iterator[str]:
    """What is wrong with the selectors and groupings of an expression.

    `keep`: a label that each grouping must name; `narrowed`: a value that each label `source` must be held to.
    """
    yield from _found(expr, (), keep, narrowed)


def metrics(expr: promql.Expr) -> tuple[str, ...]:
    """The names of the metrics in it, each once."""
    names: dict[str, None] = {}

    def visit(node: promql.Expr) -> None:
        if isinstance(node, promql.VectorSelector) and node.name:
            names[node.name] = None
        if isinstance(node, promql.MatrixSelector):
            visit(node.vector_selector)
        for inner in inside(node):
            visit(inner)

    visit(expr)
    return tuple(names)


@dataclass(frozen=True, slots=True)
class Selected:
    """Series that an expression selects: those of a metric whose labels pass each matcher, (label, operator, value)."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]


def selected(expr: promql.Expr) -> tuple[Selected, ...]:
    """Which series an expression looks at now, each once; not those of another time."""
    found: dict[Selected, None] = {}

    def visit(node: promql.Expr) -> None:
        selector = node.vector_selector if isinstance(node, promql.MatrixSelector) else node
        if isinstance(selector, promql.VectorSelector) and not selector.offset:
            matchers = (
                (each.name, _OPERATORS[str(each.op).rpartition(".")[2]], each.value)
                for each in selector.matchers.matchers
            )
            found[Selected(selector.name or "", tuple(matchers))] = None
        for inner in inside(node):
            visit(inner)

    visit(expr)
    return tuple(found)


def inside(expr: promql.Expr) -> tuple[promql.Expr, ...]:
    """The parts of an expression, selectors in ranges left out."""
    match expr:
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return (expr.expr,)
        case promql.AggregateExpr():
            return (expr.expr, *([expr.param] if isinstance(expr.param, promql.Expr) else []))
        case promql.BinaryExpr():
            return (expr.lhs, expr.rhs)
        case promql.Call():
            return tuple(expr.args)
    return ()


def labelled(selector: promql.VectorSelector, narrowed: str = "", everywhere: Iterable[str] = ()) -> Iterator[str]:
    """What is wrong with its name, its labels and their values. `narrowed`: a value that its source must be held to;
    `everywhere`: labels that every series has."""
    name = selector.name or ""
    if name not in LABELS:
        yield f"there is no metric {name or 'without a name'} in the catalogue, nor among the metrics of others"
        return
    held = False
    for matcher in selector.matchers.matchers:
        held = held or (matcher.name == "source" and matcher.value == narrowed)
        if matcher.name not in (*LABELS[name], *TARGET, *everywhere):
            yield f"{name} has no label {matcher.name}; it has {', '.join(LABELS[name]) or 'none'}"
        known = _VALUES.get((name, matcher.name))
        if known and _WORDS.fullmatch(matcher.value):
            for value in sorted(set(matcher.value.split("|")) - known):
                yield f'{name} is never {matcher.name}="{value}"; there are {", ".join(sorted(known))}'
    if narrowed and not held and "source" in LABELS[name]:
        yield f"{name} is selected by hand, so that overrides do not narrow it; use selector() or the other words"


def brought_together(name: str, parents: _Parents) -> bool:
    """Whether the series of replicas are brought together as the words of the language do it."""
    call, *outer = reversed(parents)
    assert isinstance(call, promql.Call)
    if call.func.name.startswith("absent"):
        return True
    around = [each for each in outer[:2] if isinstance(each, promql.AggregateExpr)]
    if not around:
        return False
    inner = around[0]
    if name in _FOREIGN or str(inner.op) == "max":
        return True
    by_replica = inner.modifier is not None and "instance" in inner.modifier.labels
    return by_replica and len(around) > 1 and str(around[1].op) == "max"


def _found(expr: promql.Expr, parents: _Parents, keep: str, narrowed: str) -> Iterator[str]:
    if isinstance(expr, promql.VectorSelector):
        yield f"{expr.name} is selected without a range: a failed scrape would end the alert; use latest() or gauge()"
        yield from labelled(expr, narrowed)
    elif isinstance(expr, promql.MatrixSelector):
        yield from labelled(expr.vector_selector, narrowed)
        yield from _range(expr.range)
        if not brought_together(expr.vector_selector.name or "", parents):
            text = f"{expr.vector_selector.name} is aggregated by hand, so that two exporters would count twice; "
            yield f"{text}use gauge(), lowest(), latest(), increase() or rate()"
    elif isinstance(expr, promql.SubqueryExpr):
        yield from _range(expr.range)
    elif keep:
        yield from _grouping(expr, keep)
    around = parents if isinstance(expr, promql.ParenExpr) else (*parents, expr)
    for part in inside(expr):
        yield from _found(part, around, keep, narrowed)


def _grouping(expr: promql.Expr, keep: str) -> Iterator[str]:
    """A grouping or a join that was written by hand."""
    if isinstance(expr, promql.AggregateExpr) and (expr.modifier is None or keep not in expr.modifier.labels):
        yield f'`{expr.op}` loses alerts.keep_labels; group by ([= labels("source") =])'
    matching = expr.modifier.matching if isinstance(expr, promql.BinaryExpr) and expr.modifier else None
    needed = matching and keep not in matching.labels and list(matching.labels) != [MARK]
    if isinstance(expr, promql.BinaryExpr) and needed:
        yield f'`{expr.op}` is joined without alerts.keep_labels; join by [= on("source") =]'


def _range(span: timedelta | None) -> Iterator[str]:
    if span is not None and span < LEAST_RANGE:
        yield f"a range of {span.total_seconds():g}s holds too few scrapes; use 1m or more"
