"""Adds up counted jobs into lanes, with the ages of the oldest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobqueue_exporter.model import Lane, LaneJobs, State
from jobqueue_exporter.sources.postgres import Row

LABEL_LENGTH = 200


def lane(queue: str | None, kind: str | None, default_queue: str) -> Lane:
    """The lane of a row; a NULL or empty queue is the table's own, and labels are kept short."""
    return Lane((queue or default_queue)[:LABEL_LENGTH], (kind or "")[:LABEL_LENGTH])


def age(now: float, since: float) -> float:
    """Seconds since a moment, 0 when it is in the future."""
    return max(0.0, now - since)


@dataclass(slots=True)
class Tally:
    """Adds up rows of (state, queue, kind, count, since, flagged): `since` is when the oldest of them got there,
    in Unix seconds, and `flagged` are those of running rows that are stuck, of scheduled ones that are retried."""

    now: float
    default_queue: str
    told: frozenset[State]
    dated: frozenset[State]
    tells_stuck: bool
    counts: dict[Lane, dict[State, int]] = field(default_factory=dict)
    since: dict[Lane, dict[State, float]] = field(default_factory=dict)
    undated: set[tuple[Lane, State]] = field(default_factory=set)
    stuck: dict[Lane, int] = field(default_factory=dict)
    read: dict[State, int] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """One row; it may have more columns behind."""
        state, queue, kind, count, since, flagged = row[:6]
        where = lane(queue, kind, self.default_queue)
        self.read[State(state)] = self.read.get(State(state), 0) + count
        if state == State.SCHEDULED:
            self._count(where, State.RETRYING, flagged)
            self._count(where, State.SCHEDULED, count - flagged)
            return
        self._count(where, State(state), count)
        self.date(where, State(state), since)
        if state == State.RUNNING:
            self.stuck[where] = self.stuck.get(where, 0) + flagged

    def date(self, where: Lane, state: State, since: float | None) -> None:
        """The moment from which a job of this lane has been in this state."""
        if since is None or not math.isfinite(since):
            self.undated.add((where, state))
            return
        known = self.since.setdefault(where, {})
        known[state] = min(since, known.get(state, since))

    def at_least_one(self, where: Lane, state: State, since: float | None) -> None:
        """A job that was found beside the counting, which may have missed it."""
        if not self.counts.get(where, {}).get(state):
            self._count(where, state, 1)
        self.date(where, state, since)

    def empty(self) -> LaneJobs:
        """A lane in which there is nothing."""
        return Tally(self.now, self.default_queue, self.told, self.dated, self.tells_stuck)._lane(Lane(""))

    def lanes(self) -> Mapping[Lane, LaneJobs]:
        """What was added up, zeros filled in for every state that the table can tell."""
        return {where: self._lane(where) for where in self.counts}

    def _count(self, where: Lane, state: State, count: int) -> None:
        if not count and state not in self.told:
            return
        counts = self.counts.setdefault(where, {told: 0 for told in State if told in self.told})
        counts[state] = counts.get(state, 0) + count

    def _lane(self, where: Lane) -> LaneJobs:
        return LaneJobs(
            counts=self.counts.get(where) or {told: 0 for told in State if told in self.told},
            oldest_pending_seconds=self._age(where, State.PENDING),
            oldest_running_seconds=self._age(where, State.RUNNING),
            oldest_dead_letter_seconds=self._age(where, State.DEAD_LETTER),
            stuck=self.stuck.get(where, 0) if self.tells_stuck else None,
        )

    def _age(self, where: Lane, state: State) -> float | None:
        if state not in self.dated:
            return None
        since = self.since.get(where, {}).get(state)
        if since is not None:
            return age(self.now, since)
        return None if (where, state) in self.undated else 0.0
