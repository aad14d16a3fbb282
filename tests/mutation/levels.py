"""The values of metrics at which an expression changes its mind: what they are compared with, and its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import promql_parser as promql

from tests.mutation import edits

BASES = (10.0, 20.0, 60.0, 100.0, 600.0)
"""Where two metrics are compared, one is given a value near one of these, and the other one that fits to it."""

MANY = 10
"""A number from here on is no factor or share, and is compared itself."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The numbers that a metric is compared with, and whether another selector is part of that."""

    numbers: frozenset[float]
    with_others: bool


def compared(exprs: Iterable[str]) -> Mapping[str, Compared]:
    """For each metric that is part of a comparison: with what."""
    numbers: dict[str, set[float]] = {}
    with_others: set[str] = set()
    for node in (node for expr in exprs for node in edits.nodes(promql.parse(expr))):
        if isinstance(node, promql.BinaryExpr) and str(node.op) in edits.COMPARISONS:
            parts = edits.nodes(node)
            names = [part.name for part in parts if isinstance(part, promql.VectorSelector) and part.name]
            for name in names:
                numbers.setdefault(name, set()).update(literals(parts))
            with_others.update(names if len(names) > 1 else ())
    return {name: Compared(frozenset(those), name in with_others) for name, those in numbers.items()}


def literals(parts: Iterable[promql.Expr]) -> Iterator[float]:
    """The numbers among the parts of an expression."""
    return (part.val for part in parts if isinstance(part, promql.NumberLiteral))


def near(number: float) -> Iterator[float]:
    """A number, and what mutants put in its place; where it is no whole number also what lies in between."""
    yield from (number, number - 1, number + 1, number * 2, number / 2)
    if number != int(number):
        yield from (number * 0.75, number * 1.5)


def around(metric: Compared | None, base: float) -> Sequence[float]:
    """Values for a metric, none below 0; those of two that are compared fit to each other when `base` is the same."""
    if metric is None:
        return (0.0, 1.0, base)
    found = {value for number in metric.numbers for value in near(number)}
    if metric.with_others:
        shares = [number for number in metric.numbers if 0 < number < MANY]
        fitting = [base, *(base * share for share in shares), *(base * (1 - share) for share in shares if share < 1)]
        found |= {value for each in fitting for value in near(each)}
    return sorted({round(value, 9) for value in found if value >= 0} | {0.0})
