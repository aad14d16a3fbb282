"""What the configuration wants of one source."""

from __future__ import annotations

from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.config.types import Config, Duration, Match, QueueRule
from jobqueue_exporter.model import BUCKETS, Lane
from tests.collect.scripted import source


def rule(objective: float, **match: str) -> QueueRule:
    return QueueRule(match=Match(**match), wait_objective=Duration(objective))


def wants(*rules: QueueRule) -> Wants:
    shop = source("shop")
    return Wants(Config(sources=(shop, source("crm")), queues=rules), shop)


def test_durations_are_sorted_by_our_buckets_and_every_objective_of_the_source() -> None:
    found = wants(rule(45, source="sh*"), rule(7, queue="mail"), rule(99, source="crm"), rule(60))
    assert found.thresholds == tuple(sorted({*BUCKETS, 45, 7}))


def test_lanes_that_are_named_in_full_are_known() -> None:
    found = wants(rule(45, queue="mail", kind="SEND"), rule(45, queue="m*"), rule(9, source="crm", queue="x", kind=""))
    assert found.lanes == (Lane("mail", "SEND"),)


def test_the_objective_of_a_lane_is_that_of_the_first_rule_that_matches() -> None:
    found = wants(rule(45, queue="mail"), rule(7, queue="*"))
    assert [found.objective(Lane(queue)) for queue in ("mail", "media")] == [45, 7]
    assert found.policy(Lane("mail")).wait_objective_seconds == 45
