"""Whether a mutant raises the same alerts as its original on random series."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import promql_parser as promql

from tests.mutation import edits, random_series
from tests.mutation.cases import Case, Look
from tests.mutation.judge import passes, written
from tests.mutation.mutants import Mutant, Rule

TRIES = 100
BATCH = 10
BEYOND = 8 * 60
"""Minutes: a rule that looks back further is not tried, so that none of its mutants counts as equivalent."""
ORIGINAL, CHANGED = "Original", "Changed"
FIRING = f'ALERTS{{alertname="{ORIGINAL}", alertstate="firing"}}'
OTHER = f'ALERTS{{alertname="{CHANGED}", alertstate="firing"}}'


def holds(promtool: Path, mutant: Mutant, rules: Sequence[Rule]) -> bool:
    """Whether original and mutant fire at the same times with the same labels on all of 100 random series.

    No for shared text, for a rule whose time does not fit, and where nothing fires: then nothing was compared.
    """
    if mutant.shared:
        return False
    original = [rule for rule in rules if rule["alert"] == mutant.alert]
    minutes = 2 * max(_minutes(rule) for rule in original)
    if minutes > BEYOND:
        return False
    span = max(60, round(minutes))
    tests = [random_series.case(seed, [rule["expr"] for rule in original], span) for seed in range(TRIES)]
    twice = _named(original, ORIGINAL) + _named(mutant.rules[mutant.alert], CHANGED)
    batches = [tests[first : first + BATCH] for first in range(0, TRIES, BATCH)]
    differ = (f"{FIRING} unless ignoring (alertname) {OTHER}", f"{OTHER} unless ignoring (alertname) {FIRING}")
    if not all(passes(promtool, _file(batch, span, *differ), twice) for batch in batches):
        return False
    return not all(passes(promtool, _file(batch, span, FIRING), _named(original, ORIGINAL)) for batch in batches)


def _file(tests: Sequence[Case], minutes: int, *exprs: str) -> str:
    """Cases in which these expressions are empty all the time."""
    looks: list[Look] = [
        {"eval_time": f"{minutes}m", "expr": f"count_over_time(({each})[{minutes}m:1m])", "exp_samples": []}
        for each in exprs
    ]
    filled: list[Case] = [{**case, "promql_expr_test": looks} for case in tests]
    return written({"rule_files": [], "evaluation_interval": "1m", "tests": filled})


def _named(rules: Sequence[Rule], name: str) -> list[Rule]:
    return [{**rule, "alert": name, "annotations": {}} for rule in rules]


def _minutes(rule: Rule) -> float:
    """How long the rule needs: its longest look back and its `for`."""
    looks = [0.0]
    for node in edits.nodes(promql.parse(rule["expr"])):
        if isinstance(node, promql.MatrixSelector | promql.SubqueryExpr):
            selector = node.vector_selector if isinstance(node, promql.MatrixSelector) else node
            looks.append(sum(each.total_seconds() for each in (node.range, selector.offset) if each) / 60)
    waits = [rule[key] for key in ("for", "keep_firing_for") if key in rule]
    return max(looks) + sum(promql.parse_duration(wait).total_seconds() / 60 for wait in waits)
