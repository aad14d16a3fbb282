"""Expressions that differ only in values that nobody reads: on the right of `unless` it counts what is there."""

from __future__ import annotations

import promql_parser as promql

from tests.mutation.edits import AGGREGATIONS, COMPARISONS, nodes

FUNCTIONS = ("max_over_time", "min_over_time", "last_over_time")
"""Of these, as of AGGREGATIONS, the result is there where the argument is, whatever its values are."""
INFO = "_info"
"""How the names of metrics end whose value is always 1, so that the highest is the lowest."""


def alike(expr: str, other: str) -> bool:
    """Whether both have the same results always, as they differ in nothing but values that are not read."""
    return _read(promql.parse(expr), True) == _read(promql.parse(other), True)


def _read(node: promql.Expr, value: bool) -> str:
    """The expression without what cannot matter; `value`: whether its value is read, not just whether it is there."""
    text = str(node)
    match node:
        case promql.ParenExpr():
            return f"({_read(node.expr, value)})"
        case promql.BinaryExpr():
            return _operator(node, value)
        case promql.AggregateExpr():
            op = str(node.op)
            free = op in AGGREGATIONS and (not value or (op != "sum" and _is_info(node.expr)))
            head = text[: -len(str(node.expr)) - 1].removeprefix(op if free else "")
            return f"{head}{_read(node.expr, not free)})"
        case promql.Call() if len(node.args) == 1:
            free = not value and node.func.name in FUNCTIONS
            head = text[: -len(str(node.args[0])) - 1].removeprefix(node.func.name if free else "")
            return f"{head}{_read(node.args[0], not free)})"
        case promql.SubqueryExpr():
            return _read(node.expr, value) + text[len(str(node.expr)) :]
    return text


def _operator(node: promql.BinaryExpr, value: bool) -> str:
    name, left, right, whole = str(node.op), str(node.lhs), str(node.rhs), str(node)
    between = whole[len(left) : len(whole) - len(right)]
    reads = {"and": (value, False), "unless": (value, False), "*": (value, value and not _is_zero(node.lhs))}
    reads_left, reads_right = (True, True) if name in COMPARISONS else reads.get(name, (value, value))
    return _read(node.lhs, reads_left) + between + _read(node.rhs, reads_right)


def _is_info(node: promql.Expr) -> bool:
    """Whether it looks at nothing but the value of such a metric."""
    names = {_named(part) for part in nodes(node)}
    return bool(names) and all(name in FUNCTIONS or name.endswith(INFO) for name in names)


def _named(part: promql.Expr) -> str:
    match part:
        case promql.Call():
            return part.func.name
        case promql.MatrixSelector():
            return part.vector_selector.name or ""
        case promql.VectorSelector():
            return part.name or ""
    return ""


def _is_zero(node: promql.Expr) -> bool:
    return isinstance(node, promql.NumberLiteral) and node.val == 0
