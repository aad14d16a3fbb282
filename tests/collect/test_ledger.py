"""Recounts of minutes become totals that only grow."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from jobqueue_exporter.collect.ledger import Ledger
from jobqueue_exporter.collect.places import OTHER_LANE, OTHER_QUEUE, Places
from jobqueue_exporter.model import (
    BUCKETS,
    Distribution,
    Flow,
    FlowCount,
    FlowWindow,
    Lane,
    LaneFlows,
    Outcome,
)

MAIL, MEDIA = Lane("mail", "SEND"), Lane("media", "RENDER")
ALL = frozenset(Flow)
BORN = LaneFlows(enqueued=0, attempts_failed=0, finished=dict.fromkeys(Outcome, 0), waits_observed=0, waits_met=0)
EMPTY = Distribution((0,) * (len(BUCKETS) + 1), 0.0)
OBJECTIVE = 45.0
THRESHOLDS = tuple(sorted({*BUCKETS, OBJECTIVE}))


class Book:
    """A ledger with as many places as needed, and what it says of the lanes it knows."""

    def __init__(self, cap: int = 100) -> None:
        self.lanes, self.queues = Places(OTHER_LANE), Places(OTHER_QUEUE)
        for places in (self.lanes, self.queues):
            places.configure([], cap=cap, forget_after=1e9, now=0)
        self.ledger = Ledger(self.lanes, self.queues)

    def see(self, *lanes: Lane) -> None:
        self.lanes.see(lanes, 0)
        self.queues.see([lane.queue for lane in lanes], 0)

    def take(self, counts: Iterable[FlowCount], start: int = 10, end: float = 15, tells: frozenset[Flow] = ALL) -> None:
        counts = tuple(counts)
        self.see(*(count.lane for count in counts))
        window = FlowWindow(start=start * 60, end=end * 60, tells=tells, counts=counts)
        self.ledger.take(window, THRESHOLDS, lambda _: OBJECTIVE)

    def flows(self) -> dict[Lane, LaneFlows]:
        return self.ledger.lanes(self.lanes.known, lasting=True)

    def completed(self) -> dict[Lane, int]:
        return {lane: (flows.finished or {})[Outcome.COMPLETED] for lane, flows in self.flows().items()}

    def durations(self, flow: Flow) -> dict[str, Distribution]:
        return self.ledger.durations(self.queues.known, lasting=True)[flow]


def done(lane: Lane, count: int, minute: int = 14) -> FlowCount:
    return FlowCount(minute, lane, Flow.COMPLETED, count)


def timed(flow: Flow, lane: Lane, seconds: float, count: int = 1) -> FlowCount:
    bucket = sum(bound < seconds for bound in THRESHOLDS)
    return FlowCount(14, lane, flow, count, bucket, seconds * count)


def test_a_known_lane_is_born_with_zeros_whatever_the_first_window_holds() -> None:
    book = Book()
    book.see(MEDIA)
    book.take([done(MAIL, 50), timed(Flow.WAIT, MAIL, 3)])
    assert book.flows() == {MAIL: BORN, MEDIA: BORN}
    assert book.durations(Flow.WAIT) == {"mail": EMPTY, "media": EMPTY}


def test_every_flow_is_counted_under_its_own_name() -> None:
    book = Book()
    book.take([done(MAIL, 9)])
    book.flows()
    counts = [FlowCount(14, MAIL, flow, index) for index, flow in enumerate(Flow, 1) if flow != Flow.WAIT]
    book.take([*counts, timed(Flow.WAIT, MAIL, OBJECTIVE, 2), timed(Flow.WAIT, MAIL, OBJECTIVE + 1, 3)])
    assert book.flows()[MAIL] == LaneFlows(
        enqueued=1,
        attempts_failed=2,
        finished={
            Outcome.COMPLETED: 0,
            Outcome.DEAD_LETTER: 4,
            Outcome.DISCARDED: 5,
            Outcome.CANCELLED: 6,
        },
        waits_observed=5,
        waits_met=2,
    )


def test_a_lane_first_seen_with_events_is_told_as_zero_and_then_as_what_it_is() -> None:
    book = Book()
    book.take([])
    book.flows()
    book.take([done(MEDIA, 7), timed(Flow.RUN, MEDIA, 3)])
    assert book.completed() == {MEDIA: 0}
    assert book.durations(Flow.RUN) == {"media": EMPTY}
    assert book.completed() == {MEDIA: 7}
    assert sum(book.durations(Flow.RUN)["media"].counts) == 1


def test_a_telling_that_may_not_arrive_does_not_count_as_the_first() -> None:
    book = Book()
    book.take([])
    book.take([done(MEDIA, 7)])
    book.ledger.lanes([MEDIA], lasting=False)
    assert book.completed() == {MEDIA: 0}


def test_what_a_source_cannot_tell_stays_untold() -> None:
    book = Book()
    book.take([done(MAIL, 1), timed(Flow.WAIT, MAIL, 1)], tells=frozenset({Flow.COMPLETED}))
    assert book.flows() == {MAIL: LaneFlows(finished={Outcome.COMPLETED: 0})}
    assert book.ledger.durations(["mail"], lasting=True) == {}


def test_a_flow_that_is_told_later_starts_at_zero_then() -> None:
    book = Book()
    book.take([done(MAIL, 1)], tells=frozenset({Flow.COMPLETED}))
    book.flows()
    enqueued = FlowCount(14, MAIL, Flow.ENQUEUED, 40)
    both = frozenset({Flow.COMPLETED, Flow.ENQUEUED})
    book.take([done(MAIL, 2), enqueued], tells=both)
    assert book.flows() == {MAIL: LaneFlows(enqueued=0, finished={Outcome.COMPLETED: 1})}


def test_histograms_are_derived_from_the_counts_that_judge_the_objective() -> None:
    book = Book()
    book.see(MAIL)
    book.take([])
    book.durations(Flow.WAIT)
    seconds = [0.5, 0.6, 40, 50, 90_000]
    book.take([timed(Flow.WAIT, MAIL, each) for each in seconds])
    expected = [sum(low < each <= high for each in seconds) for low, high in bounds()]
    assert book.durations(Flow.WAIT)["mail"] == Distribution(tuple(expected), sum(seconds))


def bounds() -> list[tuple[float, float]]:
    return list(zip([0.0, *BUCKETS], [*BUCKETS, float("inf")], strict=True))


def test_lanes_without_a_place_are_counted_together() -> None:
    book = Book(cap=1)
    first, second, third = (Lane(f"q{index}") for index in range(3))
    book.take([done(first, 1)])
    book.see(second, third)
    book.flows()
    book.take([done(first, 2), done(second, 3), done(third, 4)])
    assert book.completed() == {first: 1, OTHER_LANE: 7}


def test_queues_without_a_place_share_a_histogram() -> None:
    book = Book(cap=1)
    first, second, third = (Lane(f"q{index}") for index in range(3))
    book.take([timed(Flow.RUN, first, 1)])
    book.see(second, third)
    book.durations(Flow.RUN)
    book.take([timed(Flow.RUN, lane, 3, count) for lane, count in ((first, 1), (second, 2), (third, 4))])
    told = book.durations(Flow.RUN)
    assert {queue: sum(found.counts) for queue, found in told.items()} == {"q0": 1, OTHER_QUEUE: 6}


def test_a_lane_that_was_forgotten_starts_again_at_zero() -> None:
    book = Book()
    book.take([])
    book.take([done(MAIL, 3)])
    book.flows()
    book.ledger.forget([MAIL], ["mail"])
    book.take([done(MAIL, 5)])
    assert book.completed() == {MAIL: 0}
    assert book.completed() == {MAIL: 2}


def test_the_next_window_is_asked_for_from_the_end_of_the_last() -> None:
    book = Book()
    assert book.ledger.end is None
    book.take([], end=15.5)
    assert book.ledger.end == 15.5 * 60


def test_counting_anew_keeps_the_totals() -> None:
    book = Book()
    book.take([done(MAIL, 1)])
    book.flows()
    book.take([done(MAIL, 4)])
    book.ledger.begin_anew()
    assert book.ledger.end is None
    book.take([done(MAIL, 1000)])
    assert book.completed() == {MAIL: 3}


def test_an_objective_is_judged_by_the_lane_as_it_is_told() -> None:
    book = Book()
    book.see(MAIL)
    book.take([])
    book.flows()
    counts = (timed(Flow.WAIT, MAIL, 1),)
    window = FlowWindow(start=600, end=900, tells=ALL, counts=counts)
    asked: list[Lane] = []

    def objective(lane: Lane) -> float:
        asked.append(lane)
        return 0.5

    book.ledger.take(window, THRESHOLDS, objective)
    assert asked == [MAIL]
    assert book.flows()[MAIL].waits_met == 0


@pytest.mark.parametrize("objective", [45.0, 300.0])
def test_a_wait_as_long_as_its_objective_has_met_it(objective: float) -> None:
    book = Book()
    book.see(MAIL)
    book.take([])
    window = FlowWindow(start=600, end=900, tells=ALL, counts=(timed(Flow.WAIT, MAIL, objective),))
    book.flows()
    book.ledger.take(window, THRESHOLDS, lambda _: objective)
    assert book.flows()[MAIL].waits_met == 1
