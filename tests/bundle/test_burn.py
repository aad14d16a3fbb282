from __future__ import annotations

import msgspec
import pytest

from jobqueue_exporter.bundle import burn
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.rules import Settings
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts, Config, Match, QueueRule
from tests.bundle.made import bundle, spec

FAST = spec("JobQueueFastBurn", thresholds={"burn": 14.4})


def config(*objectives: float) -> Config:
    return Config(sources=(), queues=tuple(QueueRule(match=Match(), success_objective=each) for each in objectives))


def changed(rule: AlertRule) -> Bundle:
    return Bundle((FAST,), Settings(alerts=Alerts(rules={"JobQueueFastBurn": rule})), {})


def test_an_objective_that_a_window_can_catch_is_fine() -> None:
    assert list(burn.problems(bundle(FAST, spec()), config(0.99, 0.94))) == []


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
    never = msgspec.structs.replace(FAST.alert, thresholds={"burn": 100})
    (problem,) = burn.problems(bundle(spec("JobQueueNever", thresholds=never.thresholds)), config())
    assert problem.startswith(
        "backlog.yaml:3: JobQueueNever: burn: burning 100 times too fast would need 100% of the jobs"
    )


def test_an_alert_is_refused_only_where_none_of_its_windows_can_catch_an_objective() -> None:
    two = bundle(spec(thresholds={"burn_1h": 14.4, "burn_6h": 6, "late": 5}))
    assert [each.split(": ")[2] for each in burn.problems(two, config(0.9, 0.8))] == [
        "JobQueueMany could never fire by burn_1h",
        "JobQueueMany could never fire by burn_1h",
        "JobQueueMany could never fire by burn_6h",
    ]
    assert [each.split(": ")[0] for each in burn.refusals(two, config(0.9, 0.8))] == 2 * ["queues[1].success_objective"]


def test_an_override_for_the_lanes_of_the_objective_counts() -> None:
    override = AlertOverride(match=AlertMatch(queue="bulk*"), thresholds={"burn": 5})
    rule = QueueRule(match=Match(queue="bulk-mail"), success_objective=0.9)
    others = QueueRule(match=Match(queue="mail"), success_objective=0.9)
    found = burn.problems(changed(AlertRule(overrides=(override,))), Config(sources=(), queues=(rule, others)))
    assert [each.split(".")[0] for each in found] == ["queues[1]"]
