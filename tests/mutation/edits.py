"""What may be changed at one place of an expression: a number, a comparison, a label, a range, a branch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import promql_parser as promql

COMPARISONS = {">": (">=", "<"), ">=": (">", "<="), "<": ("<=", ">"), "<=": ("<", ">="), "==": ("!=",), "!=": ("==",)}
MATCHES = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
AGGREGATIONS = {"max": "min", "min": "max", "sum": "max"}
FUNCTIONS = {"max_over_time": "min_over_time", "min_over_time": "max_over_time"}
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')
_GROUPED = re.compile(r"^(\w+) by \(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: `text` takes the place of the node at `index` (in the order of a walk from the root)."""

    index: int
    what: str
    text: str


def nodes(tree: promql.Expr) -> list[promql.Expr]:
    """All parts of an expression, the whole first."""
    found: list[promql.Expr] = []
    promql.walk(tree, found.append)
    return found


def edited(expr: str, edits: list[Edit]) -> str:
    """The expression with those changes. Raises ValueError when it is no expression any more."""
    tree: promql.Expr = promql.parse(expr)
    for edit in sorted(edits, key=lambda each: -each.index):  # from the back, so that the places before stay
        tree = _replaced(tree, edit)
    promql.parse(str(tree))
    return str(tree)


def at(index: int, node: promql.Expr, inside_range: bool) -> Iterator[Edit]:
    """All changes of one part; `inside_range`: a selector whose range, the part before it, has its matchers."""
    match node:
        case promql.NumberLiteral():
            changes = _numbers(node)
        case promql.BinaryExpr():
            changes = _operators(node)
        case promql.AggregateExpr():
            changes = _groups(str(node))
        case promql.Call():
            changes = _functions(node)
        case promql.MatrixSelector() | promql.SubqueryExpr():
            changes = _ranges(node)
        case promql.VectorSelector() if not inside_range:
            changes = _matchers(str(node))
        case _:
            return
    for what, text in changes:
        yield Edit(index, what, text)


def _replaced(tree: promql.Expr, edit: Edit) -> promql.Expr:
    seen = -1

    def visit(node: promql.Expr) -> promql.Expr | None:
        nonlocal seen
        seen += 1
        return promql.parse(edit.text) if seen == edit.index else None

    return promql.transform(tree, visit)


def _numbers(node: promql.NumberLiteral) -> Iterator[tuple[str, str]]:
    value = node.val
    near = [value - 1, value + 1] if value == int(value) else []
    for other in dict.fromkeys([*near, value * 2, value / 2]):
        if other != value:
            yield f"{value:.15g} → {other:.15g}", f"{other:.15g}"


def _operators(node: promql.BinaryExpr) -> Iterator[tuple[str, str]]:
    name, left, right, whole = str(node.op), str(node.lhs), str(node.rhs), str(node)
    between = whole[len(left) : len(whole) - len(right)]
    for other in COMPARISONS.get(name, ()):
        yield f"{name} → {other}", left + between.replace(name, other, 1) + right
    if name in ("and", "unless"):
        yield f"`{name} {_short(right)}` dropped", left
    if name == "or":
        yield f"`or {_short(right)}` dropped", left
        yield f"`{_short(left)} or` dropped", right


def _groups(text: str) -> Iterator[tuple[str, str]]:
    if not (found := _GROUPED.match(text)):
        return
    name, labels = found[1], [label for label in found[2].split(", ") if label]
    if name in AGGREGATIONS:
        yield f"{name} → {AGGREGATIONS[name]}", AGGREGATIONS[name] + text[len(name) :]
    for label in labels:
        rest = ", ".join(each for each in labels if each != label)
        yield f"label {label} dropped from {found[0]}", f"{name} by ({rest}){text[found.end() :]}"


def _functions(node: promql.Call) -> Iterator[tuple[str, str]]:
    name = node.func.name
    if name in FUNCTIONS:
        yield f"{name} → {FUNCTIONS[name]}", FUNCTIONS[name] + str(node)[len(name) :]


def _ranges(node: promql.MatrixSelector | promql.SubqueryExpr) -> Iterator[tuple[str, str]]:
    text = str(node)
    if isinstance(node, promql.MatrixSelector):
        yield from _matchers(text)
    start = text.rindex("[")
    span = re.split(r"[\]:]", text[start + 1 :])[0]
    for what, other in lengths(span):
        yield f"[{span}] {what}", f"{text[: start + 1]}{other}{text[start + 1 + len(span) :]}"
    if offset := re.search(r"\] offset (\w+)$", text):
        for what, other in lengths(offset[1]):
            yield f"offset {offset[1]} {what}", text[: offset.start(1)] + other


def lengths(span: str) -> Iterator[tuple[str, str]]:
    """A duration halved and doubled, each with the word for it."""
    length: timedelta = promql.parse_duration(span)
    for what, other in (("halved", length / 2), ("doubled", length * 2)):
        yield what, promql.display_duration(other)


def _matchers(text: str) -> Iterator[tuple[str, str]]:
    for found in _MATCHER.finditer(text):
        label, op, value = found.groups()
        others = [f'{label}{MATCHES[op]}"{value}"', f'{label}{op}"other"']
        parts = value.split("|") if op in ("=~", "!~") and "|" in value else []
        others += [f'{label}{op}"{"|".join(each for each in parts if each != part)}"' for part in parts]
        for other in others:
            yield f"{found[0]} → {other}", text[: found.start()] + other + text[found.end() :]


def _short(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:67]}…"
