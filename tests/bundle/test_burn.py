from __future__ import annotations

import pytest

from jobqueue_exporter.bundle import burn
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts, Config, Match, QueueRule
from tests.bundle.made import bundle, spec

FAST = spec("JobQueueFastBurn", thresholds={"burn": 14.4})


def config(*objectives: float) -> Config:
    """Queues q0, q1 and so on with these objectives."""
    rules = (QueueRule(match=Match(queue=f"q{i}"), success_objective=each) for i, each in enumerate(objectives))
    return Config(sources=(), queues=tuple(rules))


def places(rule: AlertRule, config: Config) -> list[str]:
    return [each.partition(": ")[0] for each in burn.problems(changed(rule), config)]


def changed(rule: AlertRule) -> Bundle:
    return Bundle((FAST,), Settings(alerts=Alerts(rules={"JobQueueFastBurn": rule})), {})


def test_an_objective_that_a_window_can_catch_is_fine() -> None:
    assert list(burn.problems(bundle(FAST, spec()), config(0.94))) == []


def test_an_objective_that_no_part_of_failures_could_miss_is_refused_and_explained() -> None:
    assert list(burn.problems(bundle(FAST), config(0.99, 0.9))) == [
        "queues[1].success_objective: 0.9: JobQueueFastBurn could never fire by burn: burning 14.4 times too fast "
        "would need 144% of the jobs to fail; take an objective above 0.9306, or set "
        "thresholds: {burn: …} below 10 in alerts.rules.JobQueueFastBurn or an override of it"
    ]


@pytest.mark.parametrize(("objective", "count"), [(0.95, 1), (0.9501, 0)])
def test_all_of_the_jobs_is_already_too_many(objective: float, count: int) -> None:
    twenty = spec(thresholds={"burn": 20})
    assert len(list(burn.problems(bundle(twenty), config(objective)))) == count


def test_a_configuration_may_slow_the_burn_or_switch_the_alert_off() -> None:
    assert list(burn.problems(changed(AlertRule(thresholds={"burn": 9})), config(0.9))) == []
    assert list(burn.problems(changed(AlertRule(enabled=False)), config(0.9))) == []


def test_a_window_that_the_default_objective_never_meets_is_told_at_its_spec() -> None:
    assert list(burn.problems(bundle(spec(thresholds={"burn": 100})), config())) == [
        "backlog.yaml:3: JobQueueMany: threshold burn: 100: JobQueueMany could never fire by it: burning 100 times too "
        "fast would need 100% of the jobs to fail, as success_objective is 0.99 (the default); take one below 100"
    ]


def test_a_threshold_of_the_configuration_that_no_objective_meets_is_told_where_it_is_said_and_once() -> None:
    assert list(burn.problems(changed(AlertRule(thresholds={"burn": 200})), config(0.99, 0.99))) == [
        "alerts.rules.JobQueueFastBurn.thresholds.burn: 200: JobQueueFastBurn could never fire by it: burning 200 "
        "times too fast would need 200% of the jobs to fail, as success_objective is 0.99 (the default); take one "
        "below 100"
    ]


def test_a_threshold_is_told_too_where_it_alone_is_too_high_for_an_objective_of_a_queue() -> None:
    rule = AlertRule(thresholds={"burn": 50})
    (problem,) = burn.problems(changed(rule), config(0.95))
    assert problem.startswith("alerts.rules.JobQueueFastBurn.thresholds.burn: 50: ")
    assert problem.endswith("as success_objective is 0.95 (of queues[0]); take one below 20")
    assert places(rule, config(0.9)) == ["queues[0].success_objective"]


def test_a_threshold_of_an_override_is_told_there() -> None:
    overrides = (
        AlertOverride(match=AlertMatch(queue="b*"), thresholds={"burn": 5}),
        AlertOverride(match=AlertMatch(queue="a"), thresholds={"burn": 300}),
        AlertOverride(match=AlertMatch(queue="c"), thresholds={"burn": 300}, enabled=False),
    )
    assert places(AlertRule(overrides=overrides), config()) == [
        "alerts.rules.JobQueueFastBurn.overrides[1].thresholds.burn"
    ]


def test_each_window_is_judged_alone() -> None:
    two = bundle(spec(thresholds={"burn_1h": 14.4, "burn_6h": 6, "late": 5}))
    assert [each.split(": ")[2] for each in burn.problems(two, config(0.9, 0.8))] == [
        "JobQueueMany could never fire by burn_1h",
        "JobQueueMany could never fire by burn_1h",
        "JobQueueMany could never fire by burn_6h",
    ]


def test_an_objective_that_no_lane_is_left_for_is_not_judged() -> None:
    every = QueueRule(match=Match(), success_objective=0.999)
    never = QueueRule(match=Match(queue="mail"), success_objective=0.1)
    assert places(AlertRule(thresholds={"burn": 200}), Config(sources=(), queues=(every, never))) == []


def test_an_override_for_the_lanes_of_the_objective_counts() -> None:
    override = AlertOverride(match=AlertMatch(queue="bulk*"), thresholds={"burn": 5})
    rule = QueueRule(match=Match(queue="bulk-mail"), success_objective=0.9)
    others = QueueRule(match=Match(queue="mail"), success_objective=0.9)
    found = burn.problems(changed(AlertRule(overrides=(override,))), Config(sources=(), queues=(rule, others)))
    assert [each.split(".")[0] for each in found] == ["queues[1]"]
