"""Everything that was counted of each lane and queue since this process first saw its source."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from jobqueue_exporter.collect.recount import Series, Tally
from jobqueue_exporter.model import BUCKETS, Distribution, Flow, Lane, LaneFlows, Outcome

TIMED = frozenset({Flow.WAIT, Flow.RUN})
_OUTCOMES = {Flow(outcome.value): outcome for outcome in Outcome}


class Totals:
    """Totals that only grow."""

    def __init__(self) -> None:
        self._lanes: dict[Lane, Counter[Flow]] = {}
        self._met: Counter[Lane] = Counter()
        self._durations: dict[tuple[Flow, str], Counter[int]] = {}
        self._seconds: defaultdict[tuple[Flow, str], float] = defaultdict(float)

    def add(self, flow: Flow, rises: Mapping[Series, Tally], objective: Callable[[Lane], float]) -> None:
        """Count what is new; a wait is met when it did not exceed the objective of its lane in seconds."""
        for series, rise in rises.items():
            self._lanes.setdefault(series.lane, Counter())[flow] += rise.events
            if flow is Flow.WAIT and series.bound <= objective(series.lane):
                self._met[series.lane] += rise.events
            if flow in TIMED:
                key = flow, series.queue
                bucket = bisect_left(BUCKETS, series.bound)
                self._durations.setdefault(key, Counter())[bucket] += rise.events
                self._seconds[key] += rise.seconds

    def lane(self, lane: Lane, tells: frozenset[Flow]) -> LaneFlows:
        """The totals of one lane, of the flows that can be told."""
        counts = self._lanes.get(lane, Counter())

        def told(flow: Flow) -> int | None:
            return counts[flow] if flow in tells else None

        finished = {outcome: counts[flow] for flow, outcome in _OUTCOMES.items() if flow in tells}
        return LaneFlows(
            enqueued=told(Flow.ENQUEUED),
            attempts_failed=told(Flow.ATTEMPT_FAILED),
            finished=finished or None,
            waits_observed=told(Flow.WAIT),
            waits_met=self._met[lane] if Flow.WAIT in tells else None,
        )

    def distribution(self, flow: Flow, queue: str) -> Distribution:
        """The durations of one queue."""
        counts = self._durations.get((flow, queue), Counter())
        return Distribution(
            tuple(counts[bucket] for bucket in range(len(BUCKETS) + 1)), self._seconds.get((flow, queue), 0.0)
        )

    def has(self, lane: Lane) -> bool:
        """Whether anything was ever counted of this lane."""
        return lane in self._lanes

    def forget(self, lanes: Iterable[Lane], queues: Iterable[str]) -> None:
        """Start these at 0 when they are seen again."""
        for lane in lanes:
            self._lanes.pop(lane, None)
            self._met.pop(lane, None)
        for queue in queues:
            for flow in TIMED:
                self._durations.pop((flow, queue), None)
                self._seconds.pop((flow, queue), None)
