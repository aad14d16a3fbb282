"""Any sequence of recounts of an append-only log counts each event once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jobqueue_exporter.collect.ledger import Ledger
from jobqueue_exporter.collect.places import OTHER_LANE, OTHER_QUEUE, Places
from jobqueue_exporter.model import BUCKETS, Flow, FlowCount, FlowWindow, Lane, Outcome

LATE = 300
START = 1_763_800_000
LANES = tuple(Lane(queue, kind) for queue in "ab" for kind in "xy")
TELLS = frozenset({Flow.COMPLETED, Flow.WAIT})


@dataclass(frozen=True)
class Event:
    """Something that happened `at` and could be seen from `seen` on, both in seconds since the start."""

    at: int
    seen: int
    lane: Lane
    waited: float


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    at = st.integers(-2 * LATE, 3000)
    late = st.one_of(st.just(0), st.integers(0, LATE))
    waited = st.sampled_from([0.1, 0.5, 7.0, 45.0, 46.0, 1e6])
    event = st.builds(lambda a, d, lane, w: Event(a, a + d, lane, w), at, late, st.sampled_from(LANES), waited)
    return draw(st.lists(event, max_size=25))


readings = st.lists(st.integers(1, 900), min_size=1, max_size=12)
limits = st.integers(0, 5)
objectives = st.lists(st.sampled_from([45.0, 50.0, 60.0, 7000.0]), min_size=1, max_size=4)


def window(log: list[Event], now: int, since: float | None, thresholds: tuple[float, ...]) -> FlowWindow:
    """What a source says at `now` when it is asked for all since the last window."""
    start = (START + now if since is None else min(START + now, since)) - LATE
    start = start // 60 * 60
    counts: Counter[tuple[int, Lane, Flow, int]] = Counter()
    for event in log:
        minute = (START + event.at) // 60
        if event.seen <= now and start <= minute * 60 and event.at <= now:
            bucket = sum(bound < event.waited for bound in thresholds)
            counts[minute, event.lane, Flow.COMPLETED, 0] += 1
            counts[minute, event.lane, Flow.WAIT, bucket] += 1
    found = tuple(FlowCount(m, lane, flow, n, b) for (m, lane, flow, b), n in counts.items())
    return FlowWindow(start=start, end=START + now, tells=TELLS, counts=found)


class Run:
    """A ledger that is fed at each of these moments, and what it said each time."""

    def __init__(self, log: list[Event], moments: list[int], cap: int, wanted: list[float]) -> None:
        self.lanes, self.queues = Places(OTHER_LANE), Places(OTHER_QUEUE)
        self.ledger = Ledger(self.lanes, self.queues)
        for places in (self.lanes, self.queues):
            places.configure([], cap=cap, forget_after=1e9, now=0)
        self.told: list[dict[Lane, int]] = []
        for index, now in enumerate(moments):
            thresholds = tuple(sorted({*BUCKETS, wanted[index % len(wanted)]}))
            found = window(log, now, self.ledger.end, thresholds)
            self.lanes.see({count.lane for count in found.counts}, now)
            self.queues.see({count.lane.queue for count in found.counts}, now)
            self.ledger.take(found, thresholds, lambda _: 60.0)
            self.told.append(self.totals(lambda finished, _: finished))
            self.ledger.durations(self.queues.known, lasting=True)

    def totals(self, pick: Callable[[int, int], int]) -> dict[Lane, int]:
        flows = self.ledger.lanes(self.lanes.known, lasting=True)
        return {
            lane: pick((each.finished or {})[Outcome.COMPLETED], each.waits_observed or 0)
            for lane, each in flows.items()
        }


def moments_of(steps: list[int]) -> list[int]:
    """When it is read; the last time is after all has been committed."""
    moments = [sum(steps[: index + 1]) - 900 for index in range(len(steps))]
    return [*moments, max(moments[-1], 3000 + LATE) + 1]


@given(logs(), readings, limits, objectives)
def test_totals_are_the_events_seen_after_the_first_window(
    log: list[Event], steps: list[int], cap: int, wanted: list[float]
) -> None:
    moments = moments_of(steps)
    run = Run(log, moments, cap, wanted)
    after = [event for event in log if event.seen > moments[0] or event.at > moments[0]]
    expected = Counter(run.lanes.shown(event.lane) for event in after)
    assert run.totals(lambda finished, _: finished) == {lane: expected[lane] for lane in run.lanes.known}
    assert run.totals(lambda _, waits: waits) == {lane: expected[lane] for lane in run.lanes.known}
    durations = run.ledger.durations(run.queues.known, lasting=True)[Flow.WAIT]
    assert sum(sum(each.counts) for each in durations.values()) == len(after)


@given(logs(), readings, limits, objectives)
def test_no_counter_ever_falls_or_moves_to_another_name(
    log: list[Event], steps: list[int], cap: int, wanted: list[float]
) -> None:
    told = Run(log, moments_of(steps), cap, wanted).told
    for before, after in pairwise(told):
        assert {lane: after.get(lane, -1) >= total for lane, total in before.items()} == dict.fromkeys(before, True)


@given(logs(), readings)
def test_with_unchanged_thresholds_every_wait_is_judged_rightly(log: list[Event], steps: list[int]) -> None:
    moments = moments_of(steps)
    run = Run(log, moments, 5, [60.0])
    after = [event for event in log if event.seen > moments[0]]
    met = Counter(event.lane for event in after if event.waited <= 60)
    flows = run.ledger.lanes(run.lanes.known, lasting=True)
    assert {lane: each.waits_met for lane, each in flows.items()} == {lane: met[lane] for lane in flows}
