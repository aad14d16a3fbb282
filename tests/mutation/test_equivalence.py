from __future__ import annotations

import pytest

from tests.mutation import cases, edits, equivalence, levels, mutants, presence, random_series
from tests.mutation.mutants import Mutant, Rule
from tests.tooling import tool

LANE = "source, queue, kind"
HIGH: Rule = {
    "alert": "JobQueueHigh",
    "expr": f'max by ({LANE}) (max_over_time(jobqueue_jobs{{state="pending"}}[5m])) > 10',
    "for": "5m",
    "labels": {"severity": "warning"},
}
FAILED = f'sum by ({LANE}) (increase(jobqueue_jobs_finished_total{{outcome="dead_letter"}}[15m]))'
ENDED = f"sum by ({LANE}) (increase(jobqueue_jobs_finished_total[15m]))"
FAILING: Rule = {**HIGH, "expr": f"{FAILED} / {ENDED} > 0.05 and {ENDED} >= 20"}
LATE: Rule = {**HIGH, "expr": f"jobqueue_oldest_pending_age_seconds > on ({LANE}) 2 * jobqueue_wait_objective_seconds"}
OVERDUE: Rule = {
    **HIGH,
    "expr": "time() - jobqueue_schedule_last_success_timestamp_seconds > 2.5 * jobqueue_schedule_interval_seconds",
}


def of(rule: Rule, what: str) -> Mutant:
    return next(each for each in mutants.of_alerts([rule]) if each.what.startswith(what))


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        *((HIGH, what) for what in ("10 → 11", "10 → 9", "> → >=", "[5m] halved", "for 5m doubled", "severity")),
        *((FAILING, what) for what in ("0.05 → 0.1", "20 → 21", "20 → 19", "> → >=", ">= → >", "[15m] doubled")),
        *((LATE, what) for what in ("2 → 1", "2 → 3", "> → >=")),
        *((OVERDUE, what) for what in ("2.5 → 5", "2.5 → 1.25", "> → >=")),
    ],
)
def test_what_changes_little_is_not_equivalent(rule: Rule, what: str) -> None:
    assert not equivalence.holds(tool("promtool"), of(rule, what), [rule])


def test_what_changes_only_the_value_that_an_alert_tells_is_not_equivalent() -> None:
    told: Rule = {**HIGH, "expr": f"({HIGH['expr']}) * 1"}
    assert not equivalence.holds(tool("promtool"), of(told, "1 → 2"), [told])


def test_what_can_never_matter_is_equivalent() -> None:
    sure: Rule = {**HIGH, "expr": f"{HIGH['expr']} unless on (source) jobqueue_source_up == 7"}
    dropped = of(sure, "`unless jobqueue_source_up{} == 7` dropped")
    assert equivalence.holds(tool("promtool"), dropped, [sure])


@pytest.mark.parametrize(
    ("expr", "other", "same"),
    [
        ("a unless max by (x) (b)", "a unless min by (x) (b)", True),
        ("a unless max by (x) (b)", "a unless max by (y) (b)", False),
        ("a and on (x) last_over_time(b[5m])", "a and on (x) max_over_time(b[5m])", True),
        ("a and on (x) last_over_time(b[5m])", "a and on (x) last_over_time(b[9m])", False),
        ("a unless (max by (x) (b) > 1)", "a unless (min by (x) (b) > 1)", False),
        ("max by (x) (b) unless a", "min by (x) (b) unless a", False),
        ("a or max by (x) (b)", "a or min by (x) (b)", False),
        ("0 * max by (x) (b) + time()", "0 * min by (x) (b) + time()", True),
        ("2 * max by (x) (b) + time()", "2 * min by (x) (b) + time()", False),
        ("a unless sum by (x) (max by (x, y) (b))", "a unless sum by (x) (min by (x, y) (b))", True),
        ("max_over_time((a unless max by (x) (b))[1h:1m])", "max_over_time((a unless min by (x) (b))[1h:1m])", True),
        ("a unless max_over_time((max(b))[1h:1m])", "a unless max_over_time((min(b))[1h:1m])", True),
        ("a * topk(1, max by (x) (b_info))", "a * topk(1, min by (x) (b_info))", True),
        ("a * sum by (x) (b_info)", "a * max by (x) (b_info)", False),
        ("a * max by (x) (sum by (y) (b_info))", "a * min by (x) (sum by (y) (b_info))", False),
        ("a * max by (x) (last_over_time(b_info[9m]))", "a * min by (x) (last_over_time(b_info[9m]))", True),
        ("a unless topk(1, max by (x) (b))", "a unless topk(1, min by (x) (b))", False),
        ("a unless increase(b[5m])", "a unless increase(b[9m])", False),
    ],
)
def test_values_that_nobody_reads_do_not_matter(expr: str, other: str, same: bool) -> None:
    assert presence.alike(expr, other) is same


def test_every_rendered_rule_is_alike_itself() -> None:
    exprs = [rule["expr"] for topic in cases.topics() for rule in cases.rules(topic)]
    assert [expr for expr in exprs if not presence.alike(expr, edits.edited(expr, []))] == []


def test_a_metric_has_values_next_to_what_it_is_compared_with() -> None:
    found = levels.compared([HIGH["expr"]])["jobqueue_jobs"]
    assert found == levels.Compared(frozenset({10.0}), False)
    assert levels.around(found, 60) == [0, 5, 9, 10, 11, 20]


def test_metrics_that_are_compared_with_each_other_have_values_that_fit() -> None:
    found = levels.compared([LATE["expr"]])
    age, objective = found["jobqueue_oldest_pending_age_seconds"], found["jobqueue_wait_objective_seconds"]
    assert {59, 60, 61, 119, 120, 121} <= set(levels.around(age, 60)) & set(levels.around(objective, 60))


def test_parts_of_a_whole_have_values_that_fit() -> None:
    found = levels.compared([FAILING["expr"]])["jobqueue_jobs_finished_total"]
    assert {1, 19, 20, 21} <= set(levels.around(found, 20))


def test_nothing_is_equivalent_where_nothing_fires() -> None:
    never: Rule = {**HIGH, "expr": "jobqueue_source_up > 100"}
    assert not equivalence.holds(tool("promtool"), of(never, "100 → 101"), [never])


def test_random_series_are_the_same_for_the_same_seed() -> None:
    made = [random_series.case(seed, [HIGH["expr"]], 60) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
