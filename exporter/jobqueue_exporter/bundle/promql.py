"""Which labels the result of an expression has, and where its parts cannot be joined."""

from __future__ import annotations

from collections.abc import Iterable

import promql_parser as promql
from promql_parser import LabelModifierType, VectorMatchCardinality

from jobqueue_exporter.bundle.language import LABELS, TARGET

Labels = frozenset[str]
_KEEPS = ("topk", "bottomk", "limitk", "limit_ratio")
_SETS = ("and", "or", "unless")
_SCALARS = ("time", "scalar", "pi")


class Result:
    """The labels of a result, None for a scalar; `problems` say what Prometheus would refuse, or never match.

    Labels in `everywhere` are taken to be on every series: those that tell installations apart.
    """

    def __init__(self, expr: promql.Expr, everywhere: Iterable[str] = ()) -> None:
        self.problems: list[str] = []
        self._everywhere = frozenset(everywhere)
        self.labels = self._of(expr)

    def _of(self, expr: promql.Expr) -> Labels | None:
        match expr:
            case promql.VectorSelector():
                return frozenset((*LABELS.get(expr.name or "", ()), *TARGET)) | self._everywhere
            case promql.MatrixSelector():
                return self._of(expr.vector_selector)
            case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
                return self._of(expr.expr)
            case promql.Call():
                return self._call(expr)
            case promql.AggregateExpr():
                return self._aggregate(expr)
            case promql.BinaryExpr():
                return self._binary(expr)
        return None

    def _call(self, call: promql.Call) -> Labels | None:
        name = call.func.name
        inner = [labels for labels in map(self._of, call.args) if labels is not None]
        if name in _SCALARS:
            return None
        if name.startswith("absent"):
            return _equalities(call.args[0])
        found = inner[0] if inner else frozenset()
        if name in ("label_replace", "label_join"):
            return found - {call.args[1].val} if _takes_away(call) else found | {call.args[1].val}
        return found - {"le"} if name == "histogram_quantile" else found

    def _aggregate(self, aggregate: promql.AggregateExpr) -> Labels:
        inner = self._of(aggregate.expr) or frozenset()
        modifier, name = aggregate.modifier, str(aggregate.op)
        groups = frozenset(modifier.labels) if modifier else frozenset()
        if missing := sorted(groups - inner - self._everywhere):
            self.problems.append(f"`{name}` groups by {_told(missing)}, which what it aggregates does not have")
        if name in _KEEPS:
            return inner
        if modifier and modifier.type == promql.AggModifierType.Without:
            return inner - groups
        return groups & inner

    def _binary(self, binary: promql.BinaryExpr) -> Labels | None:
        left, right = self._of(binary.lhs), self._of(binary.rhs)
        if left is None or right is None:
            return right if left is None else left
        matching = binary.modifier.matching if binary.modifier else None
        shared = self._joined(binary, matching, left, right)
        name = str(binary.op)
        if name in _SETS:
            if name == "or" and left - self._everywhere != right - self._everywhere:
                self.problems.append(f"the sides of `or` have different labels: {_told(left)}, and {_told(right)}")
            return left & right if name == "or" else left
        return self._matched(binary, shared, left, right)

    def _joined(
        self, binary: promql.BinaryExpr, matching: promql.LabelModifier | None, left: Labels, right: Labels
    ) -> Labels:
        """The labels that both sides are compared on."""
        name = str(binary.op)
        if matching is None or matching.type == LabelModifierType.Exclude:
            ignored = frozenset(matching.labels if matching else ())
            if name != "or" and left - ignored - self._everywhere != right - ignored - self._everywhere:
                text = f"the sides of `{name}` have different labels, so that nothing matches: {_told(left)}, and "
                self.problems.append(f"{text}{_told(right)}; join them by on(…)")
            return left - ignored
        shared = frozenset(matching.labels)
        for side, labels in (("left", left), ("right", right)):
            if missing := sorted(shared - labels - self._everywhere):
                self.problems.append(f"`{name} on` joins by {_told(missing)}, which its {side} side does not have")
        return shared

    def _matched(self, binary: promql.BinaryExpr, shared: Labels, left: Labels, right: Labels) -> Labels:
        """What comes of an operator that joins series one by one."""
        modifier = binary.modifier
        card = modifier.card if modifier else VectorMatchCardinality.OneToOne
        added = frozenset((modifier.group_labels if modifier else None) or ())
        if card == VectorMatchCardinality.ManyToOne:
            self._single(binary, right - added, shared, "right")
            return left | (added & right)
        if card == VectorMatchCardinality.OneToMany:
            self._single(binary, left - added, shared, "left")
            return right | (added & left)
        self._single(binary, left, shared, "left")
        self._single(binary, right, shared, "right")
        return shared & left

    def _single(self, binary: promql.BinaryExpr, labels: Labels, shared: Labels, side: str) -> None:
        if more := sorted(labels - shared - self._everywhere):
            text = f"`{binary.op} on ({', '.join(sorted(shared))})`: several series of its {side} side would match, "
            self.problems.append(f"{text}by {_told(more)}; aggregate them first")


def _takes_away(call: promql.Call) -> bool:
    """Whether it leaves a label out, whatever its value is."""
    texts = [each.val if isinstance(each, promql.StringLiteral) else None for each in call.args[2:]]
    return bool(call.func.name == "label_replace" and texts == ["", "", ""])


def _equalities(expr: promql.Expr) -> Labels:
    """The labels that an absence has: those that its selector says a value of."""
    selector = expr.vector_selector if isinstance(expr, promql.MatrixSelector) else expr
    if not isinstance(selector, promql.VectorSelector):
        return frozenset()
    return frozenset(each.name for each in selector.matchers.matchers if each.op == promql.MatchOp.Equal)


def _told(labels: Iterable[str]) -> str:
    return ", ".join(sorted(labels)) or "none"
