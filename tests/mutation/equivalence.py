"""Whether a mutant raises the same alerts as its original on random series."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import promql_parser as promql

from tests.mutation import edits, presence, random_series
from tests.mutation.cases import Case, Look
from tests.mutation.judge import said, written
from tests.mutation.mutants import Mutant, Rule

TRIES = 200
BATCH = 10
FIRED = 30
"""In how many of the tries the original must fire: what does not fire was not compared."""
BEYOND = 8 * 60
"""Minutes: a rule that looks back further is not tried, so that none of its mutants counts as equivalent."""
ORIGINAL, CHANGED = "original", "changed"
FIRING = f'ALERTS{{alertname="{ORIGINAL}", alertstate="firing"}}'
OTHER = f'ALERTS{{alertname="{CHANGED}", alertstate="firing"}}'


def is_plain(mutant: Mutant, rules: Sequence[Rule]) -> bool:
    """Whether a mutant differs from its original in nothing but values that nobody reads: to see that needs no case."""
    for name, others in mutant.rules.items():
        original = (rule for rule in rules if rule["alert"] == name)
        for rule, other in zip(original, others, strict=True):
            if {**rule, "expr": other["expr"]} != other or not presence.alike(rule["expr"], other["expr"]):
                return False
    return True


def holds(promtool: Path, mutant: Mutant, rules: Sequence[Rule]) -> bool:
    """Whether original and mutant fire at the same times with the same labels and values in all of the tries.

    No for shared text, for a rule whose time does not fit, and where hardly anything fires: nothing was compared.
    """
    if mutant.shared:
        return False
    original = [rule for rule in rules if rule["alert"] == mutant.alert]
    minutes = 2 * max(_minutes(rule) for rule in original)
    if minutes > BEYOND:
        return False
    span = max(60, round(minutes))
    exprs = tuple(rule["expr"] for rule in original)
    twice = [*_named(original, ORIGINAL), *_named(mutant.rules[mutant.alert], CHANGED)]
    fired = 0
    for first in range(0, TRIES, BATCH):
        output = said(promtool, _file(first, exprs, span), twice)
        fired += output.count(_shown(FIRING, span))
        if ", err:" in output or any(_shown(each, span) in output for each in _differences(len(original))):
            return False
        if not fired and first >= TRIES // 4:
            return False
    return fired >= FIRED


@lru_cache(maxsize=2 * TRIES // BATCH)
def _file(first: int, exprs: tuple[str, ...], span: int) -> str:
    """Some tries, which look for differences all the time, and for whether anything fires."""
    looks: list[Look] = [
        {"eval_time": f"{span}m", "expr": _ever(each, span), "exp_samples": []}
        for each in (FIRING, *_differences(len(exprs)))
    ]
    made = [random_series.case(seed, exprs, span) for seed in range(first, first + BATCH)]
    filled: list[Case] = [{**case, "promql_expr_test": looks} for case in made]
    return written({"rule_files": [], "evaluation_interval": "1m", "tests": filled})


def _differences(count: int) -> list[str]:
    """Expressions that are empty as long as original and mutant agree; values agree that differ by rounding only."""
    apart = [
        f"abs({ORIGINAL}:value{nth} - {CHANGED}:value{nth}) > 1e-9 * abs({ORIGINAL}:value{nth})" for nth in range(count)
    ]
    return [f"{FIRING} unless ignoring (alertname) {OTHER}", f"{OTHER} unless ignoring (alertname) {FIRING}", *apart]


def _ever(expr: str, span: int) -> str:
    return f"count_over_time(({expr})[{span}m:1m])"


def _shown(expr: str, span: int) -> str:
    """How promtool names an expression that had a result."""
    return f"expr: {json.dumps(_ever(expr, span))}"


def _named(rules: Sequence[Rule], name: str) -> Iterator[Mapping[str, object]]:
    """The rules under another name, and their values recorded."""
    for nth, rule in enumerate(rules):
        value = f"{name}:value{nth}"
        yield {"record": value, "expr": rule["expr"]}
        yield {**rule, "alert": name, "expr": value, "annotations": {}}


def _minutes(rule: Rule) -> float:
    """How long the rule needs: its longest look back and its `for`."""
    looks = [0.0]
    for node in edits.nodes(promql.parse(rule["expr"])):
        if isinstance(node, promql.MatrixSelector | promql.SubqueryExpr):
            selector = node.vector_selector if isinstance(node, promql.MatrixSelector) else node
            looks.append(sum(each.total_seconds() for each in (node.range, selector.offset) if each) / 60)
    waits = [rule[key] for key in ("for", "keep_firing_for") if key in rule]
    return max(looks) + sum(promql.parse_duration(wait).total_seconds() / 60 for wait in waits)
