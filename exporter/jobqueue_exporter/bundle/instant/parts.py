"""Expressions, taken apart once, to be worked out at many moments. Parts that say the same are worked out once each."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import timedelta

import promql_parser as promql
from promql_parser import LabelModifierType, VectorMatchCardinality

from jobqueue_exporter.bundle import selectors
from jobqueue_exporter.bundle.instant import aggregates, joins, operators, relabelling
from jobqueue_exporter.bundle.instant.joins import Matching
from jobqueue_exporter.bundle.instant.series import Present, tellable
from jobqueue_exporter.bundle.instant.vectors import UNKNOWN, Vector, empty

Value = Vector | float | None
"""Series; or one number, None where it is not known."""

LONGEST = timedelta(hours=1)
"""What looks back further than this asks what was, not what is."""

_SETS = {"and": joins.both, "unless": joins.without, "or": joins.either}
_PRESENT = ("max_over_time", "min_over_time", "last_over_time")
_OF_NUMBERS: dict[str, Callable[..., float]] = {
    "abs": abs,
    "ceil": operators.ceil,
    "floor": operators.floor,
    "round": operators.rounded,
    "clamp_max": lambda value, most: operators.clamped(value, -math.inf, most),
    "clamp_min": lambda value, least: operators.clamped(value, least, math.inf),
}


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of an expression: whether it is one number rather than series, and how it is worked out."""

    number: int
    is_scalar: bool
    run: Callable[[Instant], Value]


class Instant:
    """A moment: what is told, and the time in Unix seconds."""

    def __init__(self, present: Present, now: float) -> None:
        self.present = present
        self.now = now
        self._known: dict[int, Value] = {}

    def vector(self, part: Part) -> Vector:
        """The series of a part that has some."""
        value = self._value(part)
        assert isinstance(value, Vector)
        return value

    def scalar(self, part: Part) -> float | None:
        """The number of a part that is one."""
        value = self._value(part)
        assert not isinstance(value, Vector)
        return value

    def _value(self, part: Part) -> Value:
        if part.number not in self._known:
            self._known[part.number] = part.run(self)
        return self._known[part.number]


class Parts:
    """The parts of several expressions."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Part] = {}

    def of(self, expr: promql.Expr) -> Part:
        """The part that an expression is; where it is not understood, it is unknown."""
        match expr:
            case promql.ParenExpr():
                return self.of(expr.expr)
            case promql.NumberLiteral():
                value = expr.val
                return self._made(("number", repr(value)), lambda _: value, is_scalar=True)
            case promql.UnaryExpr():
                return self._negative(self.of(expr.expr))
            case promql.VectorSelector():
                return self._selected(expr)
            case promql.Call():
                return self._call(expr)
            case promql.AggregateExpr():
                return self._aggregate(expr)
            case promql.BinaryExpr():
                return self._binary(expr)
        return self._unknown()

    def _made(self, key: Hashable, run: Callable[[Instant], Value], *, is_scalar: bool = False) -> Part:
        if (known := self._known.get(key)) is None:
            known = self._known[key] = Part(len(self._known), is_scalar, run)
        return known

    def _unknown(self, *, is_scalar: bool = False) -> Part:
        value = None if is_scalar else UNKNOWN
        return self._made(("unknown", is_scalar), lambda _: value, is_scalar=is_scalar)

    def _negative(self, inner: Part) -> Part:
        key = ("negative", inner.number)
        if not inner.is_scalar:
            return self._made(key, lambda now: now.vector(inner).mapped(lambda value: -value))
        return self._made(key, lambda now: _applied(lambda value: -value, now.scalar(inner)), is_scalar=True)

    def _selected(self, selector: promql.VectorSelector) -> Part:
        if selector.offset or selector.at or selector.matchers.or_matchers:
            return self._unknown()
        (selected,) = selectors.selected(selector)
        if not tellable(selected):
            return self._unknown()
        return self._made(("selected", selected), lambda now: now.present.vector(selected))

    def _call(self, call: promql.Call) -> Part:
        name = call.func.name
        if name == "time":
            return self._made("time", lambda now: now.now, is_scalar=True)
        if name in _PRESENT:
            matrix = call.args[0]
            if isinstance(matrix, promql.MatrixSelector) and matrix.range <= LONGEST:
                return self._selected(matrix.vector_selector)
            return self._unknown()
        if name == "vector":
            inner = self.of(call.args[0])
            return self._made(("vector", inner.number), lambda now: _vector(now.scalar(inner)))
        if name in _OF_NUMBERS:
            return self._of_numbers(name, [self.of(each) for each in call.args])
        if (relabel := relabelling.read(call)) is not None:
            inner = self.of(call.args[0])
            return self._made((relabel, inner.number), lambda now: relabel.of(now.vector(inner)))
        return self._unknown(is_scalar=call.func.return_type == promql.ValueType.Scalar)

    def _of_numbers(self, name: str, arguments: list[Part]) -> Part:
        function, (series, *rest) = _OF_NUMBERS[name], arguments

        def run(now: Instant) -> Vector:
            vector, more = now.vector(series), [now.scalar(each) for each in rest]
            if any(each is None for each in more):
                return vector.doubted()
            return vector.mapped(lambda value: function(value, *more))

        return self._made((name, *(each.number for each in arguments)), run)

    def _aggregate(self, expr: promql.AggregateExpr) -> Part:
        name, inner, modifier = str(expr.op), self.of(expr.expr), expr.modifier
        if name == "count_values":
            return self._unknown()
        by = modifier is None or modifier.type == promql.AggModifierType.By
        labels = tuple(modifier.labels) if modifier else ()
        parameter = self.of(expr.param) if name == "topk" and isinstance(expr.param, promql.Expr) else None

        def run(now: Instant) -> Vector:
            vector = now.vector(inner)
            names = tuple(each for each in vector.names if (each in labels) is by)
            if parameter is not None:
                return aggregates.largest(vector, names, now.scalar(parameter))
            return aggregates.folded(name, vector, names) if _drops(name) else vector.doubted()

        return self._made((name, by, labels, inner.number, parameter and parameter.number), run)

    def _binary(self, expr: promql.BinaryExpr) -> Part:
        name, left, right, modifier = str(expr.op), self.of(expr.lhs), self.of(expr.rhs), expr.modifier
        return_bool = bool(modifier and modifier.return_bool)
        operation = _operation(name, return_bool=return_bool)
        is_scalar = left.is_scalar and right.is_scalar
        if (name not in _SETS and operation is None) or (modifier and _fills(modifier)):
            return self._unknown(is_scalar=is_scalar)
        matching = _matching(modifier)
        key = (name, return_bool, matching, left.number, right.number)
        if name in _SETS:
            return self._made(key, _set(name, left, right, matching))
        assert operation is not None
        if is_scalar:
            return self._made(key, lambda now: _applied(operation, now.scalar(left), now.scalar(right)), is_scalar=True)
        if left.is_scalar or right.is_scalar:
            return self._made(key, _with_scalar(name, left, right, return_bool=return_bool))
        return self._made(key, lambda now: _paired(now, left, right, matching, operation))


def _applied(function: Callable[..., float | None], *values: float | None) -> float | None:
    return None if any(value is None for value in values) else function(*values)


def _vector(value: float | None) -> Vector:
    return Vector((), {(): value}) if value is not None else Vector((), {}, {()})


def _drops(name: str) -> bool:
    """Whether an aggregation leaves only the labels that it groups by."""
    return name not in ("topk", "bottomk", "limitk", "limit_ratio")


def _operation(name: str, *, return_bool: bool) -> joins.Operation | None:
    if (calculate := operators.CALCULATIONS.get(name)) is not None:
        return calculate
    if (compare := operators.COMPARISONS.get(name)) is None:
        return None
    if return_bool:
        return lambda left, right: float(compare(left, right))
    return lambda left, right: left if compare(left, right) else None


def _matching(modifier: promql.BinModifier | None) -> Matching:
    if modifier is None:
        return Matching()
    names = tuple(modifier.matching.labels) if modifier.matching else ()
    on = modifier.matching is not None and modifier.matching.type == LabelModifierType.Include
    many = "left" if modifier.card == VectorMatchCardinality.ManyToOne else ""
    many = "right" if modifier.card == VectorMatchCardinality.OneToMany else many
    return Matching(names, on, many, tuple(modifier.group_labels or ()))


def _fills(modifier: promql.BinModifier) -> bool:
    return modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None


def _set(name: str, left: Part, right: Part, matching: Matching) -> Callable[[Instant], Vector]:
    operator = _SETS[name]

    def run(now: Instant) -> Vector:
        first = now.vector(left)
        # Most alerts are quiet: what they would be held against need not be worked out.
        return first if name != "or" and not first.possible else operator(first, now.vector(right), matching)

    return run


def _with_scalar(name: str, left: Part, right: Part, *, return_bool: bool) -> Callable[[Instant], Vector]:
    """An operator between a number and series. A comparison keeps the values of the series, on whichever side."""
    series, number = (right, left) if left.is_scalar else (left, right)
    plain = _operation(name, return_bool=True if name in operators.COMPARISONS else return_bool)
    assert plain is not None
    keeps = name in operators.COMPARISONS and not return_bool

    def run(now: Instant) -> Vector:
        vector, other = now.vector(series), now.scalar(number)
        if other is None:
            return vector.doubted()

        def change(value: float) -> float | None:
            result = plain(other, value) if left.is_scalar else plain(value, other)
            return result if not keeps else value if result else None

        return vector.mapped(change)

    return run


def _paired(now: Instant, left: Part, right: Part, matching: Matching, operation: joins.Operation) -> Vector:
    first = now.vector(left)
    return joins.paired(first, now.vector(right), matching, operation) if first.possible else empty()
