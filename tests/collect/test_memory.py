"""What is remembered from reading to reading adds up to the next snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobqueue_exporter.collect.clock import Clock
from jobqueue_exporter.collect.found import Found
from jobqueue_exporter.collect.memory import Memory
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.config.types import Duration, Match, QueueRule
from jobqueue_exporter.engines.protocol import Part
from jobqueue_exporter.errors import Refused, TimedOut
from jobqueue_exporter.model import (
    Cause,
    DeadLetters,
    Facts,
    Flow,
    FlowCount,
    FlowWindow,
    Lane,
    LaneFlows,
    Outcome,
    Policy,
    Signal,
    Snapshot,
)
from tests.collect.scripted import CAUSES, FLOWS, JOBS, MAIL, Hands, config, core, jobs, part, source

END = 1_763_800_000.0
MINUTE = int(END // 60)
FAILED = Part(collector="flows", seconds=5.0, error="no answer")
CAN = {Signal.FINISHED: True, Signal.WAIT: True}


class Desk:
    """A memory that is told of readings."""

    def __init__(self, *, flows: bool = True, rules: tuple[QueueRule, ...] = (), **settings: Any) -> None:
        self.hands = Hands()
        shop = source(**settings)
        self.wants = Wants(config(shop, queues=rules), shop)
        self.memory = Memory(self.wants, "scripted", self.hands.clock, flows=flows)

    def read(self, *parts: Part, asked: Iterable[str] = ()) -> Snapshot:
        self.memory.begin(self.wants)
        parts = parts if any(each.collector == "jobs" for each in parts) else (core(), *parts)
        found = Found(
            engine="scripted",
            collectors=(JOBS, CAUSES, FLOWS),
            signals=CAN,
            parts={each.collector: each for each in parts},
            asked=frozenset(asked) | {each.collector for each in parts if each.collector != "jobs"},
            read_at=self.hands.unix,
            skew_seconds=None,
        )
        return self.memory.learned(found, started=self.hands.now)


def window(*counts: FlowCount, tells: Iterable[Flow] = (Flow.COMPLETED,)) -> Part:
    found = FlowWindow(start=(MINUTE - 5) * 60, end=END, tells=frozenset(tells), counts=counts)
    return part(Facts(flow_window=found), "flows")


def completed(count: int, lane: Lane = MAIL) -> FlowCount:
    return FlowCount(MINUTE, lane, Flow.COMPLETED, count)


def finished(count: int) -> LaneFlows:
    return LaneFlows(finished={Outcome.COMPLETED: count})


def test_totals_grow_from_window_to_window_and_stay_in_between() -> None:
    desk = Desk()
    told = [desk.read(part).flows for part in (window(completed(9)), window(completed(12)))]
    told.append(desk.read().flows)
    assert told == [{MAIL: finished(0)}, {MAIL: finished(3)}, {MAIL: finished(3)}]
    assert desk.memory.flows_since == END


def test_totals_are_not_told_while_they_cannot_be_read_and_go_on_after() -> None:
    desk = Desk()
    desk.read(window())
    failed = desk.read(FAILED)
    assert (failed.flows, failed.waits, failed.signals) == (None, None, dict.fromkeys(CAN, False))
    assert desk.read().flows is None
    assert desk.read(window(completed(2))).flows == {MAIL: finished(2)}


def test_an_asked_collector_that_brings_nothing_has_failed() -> None:
    desk = Desk()
    desk.read(window())
    found = desk.read(asked=["flows"])
    assert [(each.name, each.error) for each in found.collectors] == [("jobs", ""), ("flows", "it brought no answer")]
    assert found.flows is None


def test_no_window_is_left_in_the_snapshot() -> None:
    assert Desk().read(window(completed(1))).facts.flow_window is None


def test_a_lane_that_only_its_events_tell_of_is_known() -> None:
    media = Lane("media")
    found = Desk().read(window(completed(1, media)))
    assert found.facts.lanes == {MAIL: jobs(3), media: jobs(0)}
    assert found.flows == {MAIL: finished(0), media: finished(0)}
    assert found.policies == {MAIL: Policy(), media: Policy()}


def test_waits_are_judged_by_the_objective_of_their_lane() -> None:
    rule = QueueRule(match=Match(queue="mail"), wait_objective=Duration(45))
    desk = Desk(rules=(rule,))
    at = desk.wants.thresholds.index(45.0)
    desk.read(window(tells=[Flow.WAIT]))
    waits = [FlowCount(MINUTE, MAIL, Flow.WAIT, 2, at, 80.0), FlowCount(MINUTE, MAIL, Flow.WAIT, 1, at + 1, 50.0)]
    found = desk.read(window(*waits, tells=[Flow.WAIT]))
    assert found.flows == {MAIL: LaneFlows(waits_observed=3, waits_met=2)}
    assert found.policies[MAIL].wait_objective_seconds == 45


def test_without_flows_none_are_asked_for_or_told() -> None:
    desk = Desk(flows=False)
    assert desk.memory.due(["causes", "flows"]) == {"causes"}
    found = desk.read(window(completed(1)))
    assert (found.flows, found.waits, found.runs) == (None, None, None)


def test_what_an_extra_found_is_told_with_its_age() -> None:
    desk = Desk()
    dead = {MAIL: DeadLetters(causes=dict.fromkeys(Cause, 1))}
    alive = part(Facts(lanes={MAIL: jobs(dead=4)}))
    desk.read(alive, part(Facts(dead_letters=dead), "causes", seconds=3.0))
    desk.hands.move(250)
    found = desk.read(alive)
    assert found.facts.dead_letters == dead
    jobs_status, causes = found.collectors
    assert (jobs_status.age_seconds, causes.age_seconds, causes.last_success) == (0.0, 250.0, END)
    assert desk.memory.due(["causes"]) == frozenset()


def test_what_ran_in_this_reading_is_not_old_however_long_we_take_over_it() -> None:
    desk = Desk()
    ticks = iter(range(10_000))
    desk.memory = Memory(desk.wants, "scripted", Clock(lambda: float(next(ticks)), lambda: END), flows=True)
    assert {each.age_seconds for each in desk.read(window()).collectors} == {0.0}


def test_a_lane_that_is_forgotten_leaves_no_series() -> None:
    desk = Desk()
    desk.read(window())
    desk.hands.move(86_401)
    found = desk.read(part(Facts(lanes={})))
    assert (found.facts.lanes, found.flows, found.policies) == ({}, {}, {})


def test_a_lane_that_comes_back_after_it_was_forgotten_starts_again_at_zero() -> None:
    desk = Desk()
    desk.read(window())
    assert desk.read(window(completed(7))).flows == {MAIL: finished(7)}
    desk.hands.move(86_401)
    told = [desk.read(window(completed(count))).flows for count in (8, 10)]
    assert told == [{MAIL: finished(0)}, {MAIL: finished(3)}]


def test_readings_that_time_out_count_against_the_budget() -> None:
    desk = Desk()
    for _ in range(5):
        desk.memory.lost(TimedOut("no answer"), "no answer", started=desk.hands.now - 5)
        desk.hands.move(30)
    assert desk.memory.unread("no answer").over_budget is True


def test_readings_that_were_refused_cost_nothing() -> None:
    desk = Desk()
    for _ in range(5):
        desk.memory.lost(Refused("no rights"), "no rights", started=desk.hands.now - 5)
        desk.hands.move(30)
    assert desk.memory.unread("no rights").over_budget is None


def test_a_source_that_was_changed_keeps_its_totals() -> None:
    desk = Desk()
    desk.read(window(completed(1)))
    desk.read(window(completed(4)))
    desk.memory = desk.memory.successor(desk.wants, "scripted", same_data=True)
    assert desk.memory.flows_since == END
    assert desk.read(window(completed(5))).flows == {MAIL: finished(4)}


def test_a_source_that_now_tells_of_other_jobs_keeps_its_totals_and_counts_anew() -> None:
    desk = Desk()
    desk.read(window(completed(1)))
    desk.read(window(completed(4)))
    desk.memory = desk.memory.successor(desk.wants, "scripted", same_data=False)
    assert desk.read(window(completed(500))).flows == {MAIL: finished(3)}
    assert desk.read(window(completed(501))).flows == {MAIL: finished(4)}
