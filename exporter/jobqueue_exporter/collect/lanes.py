"""The lanes and queues that are known of one source, and how what was found is told of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from jobqueue_exporter.collect import fold
from jobqueue_exporter.collect.places import OTHER_LANE, OTHER_QUEUE, Places
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.collect.zeros import empty_lane, no_dead_letters, still_dead
from jobqueue_exporter.model import DeadLetters, Facts, Lane, LaneJobs, State

LATEST_FLOWS_SECONDS = 600.0
"""How much later than its late commits an event may be counted, at the slowest cadence of flows."""


class Lanes:
    """Configured lanes, and those that were seen lately. A known lane is told also when it is empty."""

    def __init__(self) -> None:
        self.places: Places[Lane] = Places(OTHER_LANE)
        self.queues: Places[str] = Places(OTHER_QUEUE)
        self._empty: LaneJobs | None = None
        self._windows: frozenset[str] = frozenset()

    def configure(self, wants: Wants, now: float) -> None:
        """Make room for the lanes that the configuration names."""
        source = wants.source
        # A lane must not come back under another name while its events can still be counted again.
        forget_after = max(source.forget_lanes, source.late_commit + LATEST_FLOWS_SECONDS)
        self.places.configure(wants.lanes, cap=source.max_lanes, forget_after=forget_after, now=now)
        queues = list(dict.fromkeys(lane.queue for lane in wants.lanes))
        self.queues.configure(queues, cap=source.max_lanes, forget_after=forget_after, now=now)

    def see(self, lanes: Collection[Lane], now: float) -> None:
        """These lanes are there at `now`."""
        self.places.see(lanes, now)
        self.queues.see({lane.queue for lane in lanes}, now)

    @property
    def folded(self) -> dict[str, int]:
        """How many lanes have lost their kind, and how many queues their name, to `_other`."""
        return {"kind": self.places.folded, "queue": self.queues.folded}

    def told(self, facts: Facts, now: float) -> Facts:
        """The same facts by the lanes and queues that are told, zeros filled in where nothing was found."""
        self.see({**(facts.lanes or {}), **(facts.dead_letters or {})}, now)
        self.queues.see(set(_queues(facts)) - {fold.SHARED}, now)
        queue = self.queues.shown
        lanes, dead = facts.lanes, facts.dead_letters
        if lanes is not None:
            empty = facts.empty_lane or empty_lane(lanes.values() or self._like_before(), facts.capped or ())
            dead = dead and still_dead(dead, lanes, empty)
            lanes, self._empty = self._all(lanes, empty), empty
        return replace(
            facts,
            lanes=lanes,
            dead_letters=self._dead(dead, lanes or {}, facts),
            workers=facts.workers and fold.workers(facts.workers, queue),
            paused=facts.paused and fold.paused(facts.paused, queue),
        )

    def _like_before(self) -> tuple[LaneJobs, ...]:
        return () if self._empty is None else (self._empty,)

    def _all(self, lanes: Mapping[Lane, LaneJobs], empty: LaneJobs) -> dict[Lane, LaneJobs]:
        return dict.fromkeys(self.places.known, empty) | fold.folded(lanes, self.places.shown, fold.jobs)

    def _dead(
        self, dead: Mapping[Lane, DeadLetters] | None, lanes: Mapping[Lane, LaneJobs], facts: Facts
    ) -> dict[Lane, DeadLetters] | None:
        if dead is None or facts.dead_letters is None:
            return None
        self._windows |= set(facts.dead_letter_windows or ())
        for letters in facts.dead_letters.values():
            self._windows |= (letters.recent or {}).keys()
        none = no_dead_letters(self._windows)
        found = fold.folded(dead, self.places.shown, fold.dead_letters)
        zeros = {lane: none for lane, jobs in lanes.items() if jobs.counts.get(State.DEAD_LETTER) == 0}
        return found | zeros


def _queues(facts: Facts) -> Iterable[str]:
    """The queues that are named without a lane."""
    yield from facts.paused or ()
    if facts.workers is not None:
        for counts in (facts.workers.by_queue, facts.workers.slots, facts.workers.busy):
            yield from counts or ()
