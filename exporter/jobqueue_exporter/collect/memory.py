"""What is remembered of one source from reading to reading, and what it adds up to."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace

from jobqueue_exporter.collect import signals
from jobqueue_exporter.collect.budget import Budget
from jobqueue_exporter.collect.clock import Clock
from jobqueue_exporter.collect.extras import Extras
from jobqueue_exporter.collect.found import Found
from jobqueue_exporter.collect.history import History
from jobqueue_exporter.collect.lanes import Lanes
from jobqueue_exporter.collect.ledger import Ledger
from jobqueue_exporter.collect.together import together
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.engines.protocol import Part
from jobqueue_exporter.errors import TimedOut
from jobqueue_exporter.model import Facts, Flow, Snapshot

NO_ANSWER = "it brought no answer"
FLOWS = "flows"
"""The collector that counts flows goes by this name in every engine; `once` does not ask for it."""


class Memory:
    """All that outlives a reading. Any thread may ask; readings come one at a time.

    With `flows` off nothing is counted, as for a single reading.
    """

    def __init__(self, wants: Wants, engine: str, clock: Clock, *, flows: bool) -> None:
        self._wants = wants
        self._engine = engine
        self._clock = clock
        self._flows = flows
        self._lock = threading.Lock()
        self._lanes = Lanes()
        self._ledger = Ledger(self._lanes.places, self._lanes.queues)
        self._extras = Extras()
        self._history = History()
        self._budget = Budget()
        self._core: tuple[str, ...] = ()
        self._flows_by = FLOWS
        self._other_data = False

    def successor(self, wants: Wants, engine: str, *, same_data: bool) -> Memory:
        """A memory for a source that was changed: of this one it has the lanes and the totals.

        Not `same_data`: the next window starts counting anew. Readings into this one have to end before
        the first one into the other begins.
        """
        memory = Memory(wants, engine, self._clock, flows=self._flows)
        memory._lanes, memory._ledger = self._lanes, self._ledger
        memory._other_data = not same_data or self._other_data
        return memory

    def begin(self, wants: Wants) -> None:
        """A reading begins, by this configuration."""
        with self._lock:
            now = self._clock.monotonic()
            self._wants = wants
            self._lanes.configure(wants, now)
            self._ledger.forget(self._lanes.places.forget(now), self._lanes.queues.forget(now))
            if self._other_data:
                self._ledger.begin_anew()
                self._other_data = False

    @property
    def flows_since(self) -> float | None:
        """The end of the last window of flows, Unix seconds on the source's clock."""
        return self._ledger.end

    def due(self, extras: Iterable[str]) -> frozenset[str]:
        """The extra collectors that may run now."""
        with self._lock:
            names = (name for name in extras if self._flows or name != FLOWS)
            return self._extras.due(names, self._clock.monotonic())

    def learned(self, found: Found, *, started: float, late: str = "") -> Snapshot:
        """A reading ended: all that is known now. `late` says what became of extras that are missing."""
        with self._lock:
            now = self._clock.monotonic()
            waited = max(0.0, now - started - found.seconds)
            why = late or NO_ANSWER
            for part in found.answers(found.asked, waited, why):
                self._history.ran(part, now, self._clock.wall())
                self._extras.ran(part, now)
            self._budget.spent(started, self._heard(found, now, waited, why))
            self._count(found)
            return self._told(found, now, lasting=True)

    def glimpsed(self, found: Found) -> Snapshot:
        """What the core of a reading says while extras are still running, with what extras found before."""
        with self._lock:
            now = self._clock.monotonic()
            self._heard(found, now, 0.0, NO_ANSWER)
            return self._told(found, now, lasting=False)

    def lost(self, error: Exception, reason: str, *, started: float) -> Snapshot:
        """A reading that began at `started` failed."""
        with self._lock:
            now = self._clock.monotonic()
            for name in self._core:
                part = Part(collector=name, seconds=now - started, error=reason)
                self._history.ran(part, now, self._clock.wall())
            if isinstance(error, TimedOut):
                self._budget.spent(started, now - started)
        return self.unread(reason)

    def unread(self, reason: str) -> Snapshot:
        """There is no reading, for this reason."""
        with self._lock:
            statuses = self._history.statuses(self._core, self._clock.monotonic())
            return Snapshot(
                source=self._wants.source.name,
                engine=self._engine,
                read_at=self._clock.wall(),
                up=False,
                error=reason,
                collectors=tuple(status for status in statuses if not status.success),
                over_budget=self._budget.over(self._wants.source.budget),
            )

    def _heard(self, found: Found, now: float, waited: float, why: str) -> float:
        """Note how the core went, and which lanes there are; returns the seconds of the core."""
        self._engine = found.engine
        self._lanes.see(found.lanes, now)
        self._core = found.core
        parts = found.answers(found.core, waited, why)
        for part in parts:
            self._history.ran(part, now, self._clock.wall())
        return sum(part.seconds for part in parts)

    def _count(self, found: Found) -> None:
        for name, part in found.parts.items():
            window = part.facts.flow_window if part.facts is not None else None
            if window is not None and self._flows:
                self._flows_by = name
                self._ledger.take(window, self._wants.thresholds, self._wants.objective)

    def _told(self, found: Found, now: float, *, lasting: bool) -> Snapshot:
        wants = self._wants
        before = self._extras.facts(found.extras, now)
        facts = replace(together([Facts(notices=()), before, *found.facts(found.core)]), flow_window=None)
        facts = signals.kept(self._lanes.told(facts, now), found.signals)
        lanes = self._lanes.places.known
        counted = self._flows_by in found.names and self._history.succeeded(self._flows_by)
        counting = bool(self._ledger.tells) and counted
        durations = self._ledger.durations(self._lanes.queues.known, lasting=lasting) if counting else {}
        snapshot = Snapshot(
            source=wants.source.name,
            engine=self._engine,
            read_at=found.read_at,
            up=True,
            facts=facts,
            flows=self._ledger.lanes(lanes, lasting=lasting) if counting else None,
            waits=durations.get(Flow.WAIT),
            runs=durations.get(Flow.RUN),
            policies={lane: wants.policy(lane) for lane in lanes},
            folded=self._lanes.folded,
            collectors=self._history.statuses(found.names, now),
            over_budget=self._budget.over(wants.source.budget),
            clock_skew_seconds=found.skew_seconds,
        )
        return replace(snapshot, signals=signals.shown(snapshot, found.signals))
