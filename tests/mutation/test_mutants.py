from __future__ import annotations

from pathlib import Path

import promql_parser as promql
import pytest
import yaml

from tests.mutation import cases, edits, mutants, shared
from tests.mutation.cases import File
from tests.mutation.judge import Judge
from tests.mutation.mutants import Rule
from tests.tooling import tool

LANE = "source, queue, kind"
HIGH: Rule = {
    "alert": "JobQueueHigh",
    "expr": f'max by ({LANE}) (max_over_time(jobqueue_jobs{{state="pending"}}[5m])) > 10',
    "for": "5m",
    "labels": {"severity": "warning"},
}


def series(values: str) -> list[cases.Series]:
    return [{"series": 'jobqueue_jobs{source="shop",queue="jobs",kind="A",state="pending"}', "values": values}]


def fires(**labels: str) -> list[dict[str, dict[str, str]]]:
    lane = {"source": "shop", "queue": "jobs", "kind": "A"}
    return [{"exp_labels": {"severity": "warning", **lane, **labels}, "exp_annotations": {}}]


FIRES: cases.Case = {
    "name": "fires at 11",
    "interval": "1m",
    "input_series": series("11x30"),
    "alert_rule_test": [
        {"eval_time": "4m", "alertname": "JobQueueHigh", "exp_alerts": []},
        {"eval_time": "5m", "alertname": "JobQueueHigh", "exp_alerts": fires()},
    ],
}
QUIET: cases.Case = {
    "name": "is quiet at 10",
    "interval": "1m",
    "input_series": series("10x30"),
    "alert_rule_test": [{"eval_time": "20m", "alertname": "JobQueueHigh", "exp_alerts": []}],
}


def own(expr: str) -> dict[str, str]:
    return {edit.what: edits.edited(expr, [edit]) for edit in shared.split(expr)[0]}


def of(what: str) -> mutants.Mutant:
    return next(each for each in mutants.of_alerts([HIGH]) if each.what.startswith(what))


def judge(*tests: cases.Case) -> Judge:
    file: File = {"rule_files": [], "evaluation_interval": "1m", "tests": list(tests)}
    return Judge(tool("promtool"), [file], [HIGH])


@pytest.mark.parametrize(
    ("expr", "changed"),
    [
        ("up > 4", {"up{} >= 4", "up{} < 4", "up{} > 3", "up{} > 5", "up{} > 8", "up{} > 2"}),
        ("up < 0.5", {"up{} <= 0.5", "up{} > 0.5", "up{} < 1", "up{} < 0.25"}),
        ("up == 0", {"up{} != 0", "up{} == -1", "up{} == 1"}),
        ("up unless on (a) down", {"up{}"}),
        ("up and on (a) down unless off", {"up{} and on (a) down{}", "up{} unless  off{}"}),
        ("up or down", {"up{}", "down{}"}),
        ("rate(up[5m])", {"rate(up{}[2m30s])", "rate(up{}[10m])"}),
        ("sum_over_time(up[6h:5m])", {"sum_over_time(up{}[3h:5m])", "sum_over_time(up{}[12h:5m])"}),
        ('up{a="b"}', {'up{a!="b"}', 'up{a="other"}'}),
        ('up{a=~"b|c"}', {'up{a!~"b|c"}', 'up{a=~"other"}', 'up{a=~"b"}', 'up{a=~"c"}'}),
        ("sum by (a, b) (up)", {"max by (a, b)(up{})", "sum by (b)(up{})", "sum by (a)(up{})"}),
    ],
)
def test_every_part_of_an_expression_is_changed_in_each_way_and_alone(expr: str, changed: set[str]) -> None:
    assert set(own(expr).values()) == changed


def test_the_range_and_the_offset_of_a_selector_are_changed_apart() -> None:
    assert set(own("max_over_time(up[4m] offset 2h)").values()) == {
        "min_over_time(up{}[4m] offset 2h)",
        "max_over_time(up{}[2m] offset 2h)",
        "max_over_time(up{}[8m] offset 2h)",
        "max_over_time(up{}[4m] offset 1h)",
        "max_over_time(up{}[4m] offset 4h)",
    }


def test_how_lanes_and_exporters_are_joined_is_shared_text_and_the_threshold_is_not() -> None:
    expr = f'max by ({LANE}) (last_over_time(jobqueue_jobs{{state="pending"}}[2m])) > 3'
    common = [edit.what for edit in shared.split(expr)[1]]
    assert common == [
        "gauge: max → min",
        *(f"gauge: label {label} dropped from max by ({LANE})" for label in LANE.split(", ")),
        "gauge: [2m] halved",
        "gauge: [2m] doubled",
    ]
    assert {what.split(" in ")[0] for what in own(expr)} == {
        "> → >=",
        "> → <",
        'state="pending" → state!="pending"',
        'state="pending" → state="other"',
        *(f"3 → {other}" for other in ("2", "4", "6", "1.5")),
    }


def test_shared_text_is_changed_in_all_rules_at_once() -> None:
    both = [HIGH, Rule(**{**HIGH, "alert": "JobQueueHigher"})]
    assert not any(each.shared for each in mutants.of_alerts(both))
    found = [each for each in mutants.of_words(both) if each.what == "gauge: max → min"]
    assert [{name: [rule["expr"][:3] for rule in rules] for name, rules in each.rules.items()} for each in found] == [
        {"JobQueueHigh": ["min"], "JobQueueHigher": ["min"]}
    ]


def test_two_rules_of_one_name_change_alike_but_in_severity() -> None:
    pair = [HIGH, Rule(**{**HIGH, "labels": {"severity": "critical"}})]
    changed = {each.what: each.rules["JobQueueHigh"] for each in mutants.of_alerts(pair)}
    assert [rule["for"] for rule in changed["for 5m doubled"]] == ["10m", "10m"]
    assert [rule["expr"][-4:] for rule in changed["10 → 11"]] == ["> 11", "> 11"]
    assert [rule["labels"]["severity"] for rule in changed["severity critical → warning"]] == ["warning", "warning"]


def test_every_rendered_rule_means_the_same_after_it_was_taken_apart_and_put_together() -> None:
    exprs = [rule["expr"] for topic in cases.topics() for rule in cases.rules(topic)]
    assert exprs
    assert [
        expr for expr in exprs if promql.parse(edits.edited(expr, [])).prettify() != promql.parse(expr).prettify()
    ] == []


@pytest.mark.parametrize("what", ["10 → 11", "10 → 9", "> → >=", "> → <", "for removed", "for 5m doubled", "severity"])
def test_cases_at_the_boundary_kill(what: str) -> None:
    assert judge(FIRES, QUIET).kills(of(what))


def test_a_mutant_that_no_case_looks_at_survives() -> None:
    assert not judge(FIRES).kills(of("10 → 9"))


def test_an_alert_whose_cases_fail_on_the_rule_as_it_is_proves_nothing() -> None:
    wrong: cases.Case = {**QUIET, "input_series": series("11x30")}
    assert (judge(FIRES, QUIET).unproven, judge(wrong).unproven) == ([], ["JobQueueHigh"])


def test_an_alert_without_cases_proves_nothing() -> None:
    assert judge().unproven == ["JobQueueHigh"]


def test_a_case_of_any_alert_kills_a_change_of_shared_text() -> None:
    other = Rule(**{**HIGH, "alert": "JobQueueHigher"})
    changed = next(each for each in mutants.of_words([HIGH, other]) if "label kind" in each.what)
    file: File = {"rule_files": [], "evaluation_interval": "1m", "tests": [FIRES]}
    assert set(changed.rules) == {"JobQueueHigh", "JobQueueHigher"}
    assert Judge(tool("promtool"), [file], [other, HIGH]).kills(changed)


def test_a_case_that_fails_on_the_rule_as_it_is_kills_nothing() -> None:
    wrong: cases.Case = {**QUIET, "input_series": series("12x30")}
    assert not judge(wrong).kills(of("10 → 11"))


def test_every_file_of_cases_is_read_for_one_topic() -> None:
    read = [file for topic in cases.topics() for file in cases.files(topic)]
    assert len(read) == len(list(cases.CASES.rglob("*.yaml")))


def test_accepted_survivors_are_few_and_each_has_a_reason() -> None:
    listed = yaml.safe_load(Path(__file__).with_name("accepted.yaml").read_text(encoding="utf-8")) or []
    assert [each for each in listed if set(each) != {"topic", "alert", "change", "reason"}] == []
    assert len(listed) <= 20
