"""The flows of one source: recounts of the last minutes in, totals out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from jobqueue_exporter.collect.places import OTHER_LANE, Places
from jobqueue_exporter.collect.recount import NOTHING, Recount, Series, Tally
from jobqueue_exporter.collect.totals import TIMED, Totals
from jobqueue_exporter.model import Distribution, Flow, FlowCount, FlowWindow, Lane, LaneFlows

_Found = dict[int, dict[Series, Tally]]


class Ledger:
    """Totals that start at 0 with the first window and then count each event once.

    A series that was never told before is told as 0 the first time, so that its first events are an
    increase; a lane that is known is told from the start.
    """

    def __init__(self, lanes: Places[Lane], queues: Places[str]) -> None:
        self.end: float | None = None
        self.tells: frozenset[Flow] = frozenset()
        self._lanes = lanes
        self._queues = queues
        self._recounts: dict[Flow, Recount] = {}
        self._totals = Totals()
        self._zero = Totals()
        self._told_lanes: set[Lane] = set()
        self._told_queues: set[str] = set()

    def take(self, window: FlowWindow, thresholds: tuple[float, ...], objective: Callable[[Lane], float]) -> None:
        """Count what is new in this window, whose durations are sorted by `thresholds`."""
        found: dict[Flow, _Found] = {flow: {} for flow in window.tells}
        for count in window.counts:
            if count.flow in window.tells:
                self._enter(found[count.flow], count, thresholds)
        for flow, minutes in found.items():
            recount = self._recounts.setdefault(flow, Recount())
            bounds = thresholds if flow in TIMED else ()
            self._totals.add(flow, recount.added(window.start, window.end, minutes, bounds), objective)
        self.end, self.tells = window.end, window.tells

    def lanes(self, lanes: Iterable[Lane], *, lasting: bool) -> dict[Lane, LaneFlows]:
        """The totals of these lanes. Not `lasting`: this telling may never reach anybody."""
        zero = self._zero.lane(OTHER_LANE, self.tells)
        told = {lane: self._totals.lane(lane, self.tells) if self._to_tell(lane) else zero for lane in lanes}
        if lasting:
            self._told_lanes.update(told)
        return told

    def durations(self, queues: Iterable[str], *, lasting: bool) -> dict[Flow, dict[str, Distribution]]:
        """The histograms of these queues, by flow; only of flows that can be told."""
        names = tuple(queues)
        told = {
            flow: {
                queue: (self._totals if queue in self._told_queues else self._zero).distribution(flow, queue)
                for queue in names
            }
            for flow in TIMED & self.tells
        }
        if lasting:
            self._told_queues.update(names)
        return told

    def forget(self, lanes: Iterable[Lane], queues: Iterable[str]) -> None:
        """Start these at 0 when they are seen again."""
        gone, gone_queues = set(lanes), set(queues)
        self._totals.forget(gone, gone_queues)
        self._told_lanes -= gone
        self._told_queues -= gone_queues

    def begin_anew(self) -> None:
        """Keep the totals, but count from the next window on: it is of other data."""
        self.end = None
        for recount in self._recounts.values():
            recount.begin_anew()

    def _to_tell(self, lane: Lane) -> bool:
        return lane in self._told_lanes and self._totals.has(lane)

    def _enter(self, minutes: _Found, count: FlowCount, thresholds: tuple[float, ...]) -> None:
        series = Series(self._lanes.shown(count.lane))
        if count.flow in TIMED:
            queue = self._queues.shown(count.lane.queue)
            series = Series(series.lane, queue, (*thresholds, math.inf)[count.bucket])
        counts = minutes.setdefault(count.minute, {})
        known = counts.get(series, NOTHING)
        counts[series] = Tally(known.events + count.count, known.seconds + count.seconds)
