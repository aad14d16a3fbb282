"""Text that many expressions share because one word of the language writes it: changed once, everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

import promql_parser as promql

from jobqueue_exporter.bundle.language import GUARD, LABELS
from jobqueue_exporter.catalog.metric import LANE
from tests.mutation import edits
from tests.mutation.edits import Edit

_PAUSED = re.compile(r"\(max by \(source, queue\)\(last_over_time\(jobqueue_queue_paused\{\}\[2m\]\)\) == 1\)")
_TOLD = re.compile(r"\(max by \(source\)\(last_over_time\(jobqueue_signal_available\{[^}]*\}\[\w+\][^)]*\)\) == [01]\)")
_PAGES = re.compile(r"\(max by \([^)]*\)\(last_over_time\(jobqueue_pages\{[^}]*\}\[10m\]\)\) == 1\)")
_GAUGE = re.compile(r"max by \(([^)]*)\)\(\w+_over_time\((\w+)\{")
_COUNTER = re.compile(r"max by \(([^)]*)\)\(sum by \(([^)]*), instance\)\((?:increase|rate)\((\w+)\{")


def split(expr: str) -> tuple[list[Edit], list[Edit]]:
    """All changes of an expression: those that are its own, and those of shared text."""
    parts = edits.nodes(promql.parse(expr))
    places = _places(parts)
    own: list[Edit] = []
    common: list[Edit] = []
    for index, node in enumerate(parts):
        inside_range = index > 0 and isinstance(parts[index - 1], promql.MatrixSelector)
        word = places.get(index)
        for edit in edits.at(index, node, inside_range):
            if word and _is_shared(word, edit):
                common.append(Edit(index, f"{word}: {edit.what}", edit.text))
            else:
                own.append(Edit(index, f"{edit.what} {_where(node, edit)}".strip(), edit.text))
    return own, common


def _is_shared(word: str, edit: Edit) -> bool:
    """Which signal is asked for, and over how long a lane is looked at, is up to each alert."""
    if word == "told":
        return '"' not in edit.what
    if word in ("gauge", "counter"):
        return edit.what.startswith(("max → min", "sum → max", "label ", f"[{GUARD}] "))
    return True


def _where(node: promql.Expr, edit: Edit) -> str:
    if isinstance(node, promql.NumberLiteral) or edit.what.endswith("dropped"):
        return ""
    text = str(node)
    return f"in `{text if len(text) <= 150 else text[:100] + ' … ' + text[-47:]}`"


def _places(parts: list[promql.Expr]) -> dict[int, str]:
    """Which parts are shared text, and the word that wrote it; the outer word wins."""
    places: dict[int, str] = {}
    for index, node in enumerate(parts):
        for word, first, last in _spans(index, node):
            for each in range(first, last):
                places.setdefault(each, word)
    return places


def _spans(index: int, node: promql.Expr) -> Iterator[tuple[str, int, int]]:
    text = str(node)
    if isinstance(node, promql.BinaryExpr):
        inner = index + 1 + len(edits.nodes(node.lhs))
        end = inner + len(edits.nodes(node.rhs))
        if _PAGES.fullmatch(str(node.rhs)):
            yield "pages", index, index + 1
            yield "pages", inner, end
        elif str(node.op) == "*" and "group_left (owner)" in text:
            yield "owner", inner, end
    elif isinstance(node, promql.ParenExpr) and _PAUSED.fullmatch(text):
        yield "paused", index, index + len(edits.nodes(node))
    elif isinstance(node, promql.ParenExpr) and _TOLD.fullmatch(text):
        yield "told", index, index + len(edits.nodes(node))
    elif isinstance(node, promql.AggregateExpr):
        for word, pattern in (("counter", _COUNTER), ("gauge", _GAUGE)):
            if (found := pattern.match(text)) and found[1] == _lane(found[found.re.groups]):
                yield word, index, index + len(edits.nodes(node))


def _lane(metric: str) -> str:
    return ", ".join(label for label in LABELS.get(metric, ()) if label in LANE)
