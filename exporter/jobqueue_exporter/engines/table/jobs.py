"""Live jobs of a table: counts and ages by lane, never looking at a finished row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jobqueue_exporter.engines.table.layout import LABEL_LENGTH, Layout
from jobqueue_exporter.engines.table.relation import interval
from jobqueue_exporter.model import Lane, LaneJobs, State
from jobqueue_exporter.sources.postgres import Row

OLDEST_SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class Bucket:
    """Rows of one sort: what they count as, and how to find and date them."""

    state: State
    where: str
    since: str
    flag: str = "false"


def buckets(layout: Layout, lease_seconds: float, *, dead_elsewhere: bool) -> tuple[Bucket, ...]:
    """The sorts of live row that this table can hold; each row is in one of them.

    `flag` marks a row that waits for a retry, or a running one whose lease has expired.
    """
    waiting = layout.state_is("waiting", "retry")
    found = [Bucket(State.PENDING, f"{waiting} AND {due}", layout.since) for due in layout.due]
    if layout.has("run_at"):
        later = f"{waiting} AND {layout.sql('run_at')} > now()"
        found.append(Bucket(State.SCHEDULED, later, "NULL::timestamptz", retried(layout)))
    if layout.states["blocked"]:
        found.append(Bucket(State.BLOCKED, layout.state_is("blocked"), "NULL::timestamptz"))
    if layout.states["running"]:
        stuck = expired(layout, lease_seconds)
        found.append(Bucket(State.RUNNING, layout.state_is("running"), layout.running_since, stuck))
    if layout.states["dead_letter"] and not dead_elsewhere:
        found.append(Bucket(State.DEAD_LETTER, layout.state_is("dead_letter"), layout.died_at))
    return tuple(found)


def retried(layout: Layout) -> str:
    """The condition that a waiting row has failed before."""
    tried = f"coalesce({layout.sql('attempts')} > 0, false)" if layout.has("attempts") else "false"
    return f"({tried} OR {layout.state_is('retry')})" if layout.states["retry"] else tried


def beat(layout: Layout) -> str:
    """The last sign of life of a running job; one from the future is no sign."""
    signs = ", ".join(layout.sql(role) for role in ("heartbeat_at", "started_at") if layout.has(role))
    return f"coalesce({signs})"


def expired(layout: Layout, lease_seconds: float) -> str:
    """The condition that a running row's heartbeat is older than the lease."""
    if not layout.has("heartbeat_at"):
        return "false"
    lease = interval(lease_seconds)
    return f"coalesce({beat(layout)} NOT BETWEEN now() - {lease} AND now() + {lease}, false)"


def query(layout: Layout, found: Iterable[Bucket], cap: int) -> str:
    """One statement for all buckets; each stops reading one row past the cap."""
    queue, kind = layout.sql("queue", "NULL::text"), layout.sql("kind", "NULL::text")
    return "\nUNION ALL\n".join(
        f"SELECT '{b.state}', left(queue::text, {LABEL_LENGTH}), left(kind::text, {LABEL_LENGTH}), count(*),\n"
        f"       date_part('epoch', min(since)), count(*) FILTER (WHERE flag)\n"
        f"FROM (SELECT {queue} AS queue, {kind} AS kind, {b.since} AS since, {b.flag} AS flag\n"
        f"      FROM {layout.relation.sql} WHERE {b.where} LIMIT {cap + 1}) AS {b.state}\n"
        f"GROUP BY queue, kind"
        for b in found
    )


def oldest_query(layout: Layout) -> str | None:
    """The oldest due rows in index order, for when a count stopped at its cap; None without such an index."""
    if not layout.has("run_at") or not layout.relation.led_by(
        layout.columns["state"].name, layout.columns["run_at"].name
    ):
        return None
    queue, kind = layout.label("queue"), layout.label("kind")
    run_at, state = layout.columns["run_at"], layout.columns["state"].sql
    branches = "\nUNION ALL\n".join(
        f"(SELECT {queue}, {kind}, date_part('epoch', {layout.since}) FROM {layout.relation.sql}\n"
        f" WHERE {state} = {word} AND {run_at.moment} <= now() ORDER BY {run_at.sql} LIMIT {OLDEST_SAMPLE})"
        for word in layout.words("waiting", "retry")
    )
    return branches or None


def lane(queue: str | None, kind: str | None, default_queue: str) -> Lane:
    """The lane of a row; a NULL or empty queue is the table's own, and labels are kept short."""
    return Lane((queue or default_queue)[:LABEL_LENGTH], (kind or "")[:LABEL_LENGTH])


def age(now: float, since: float) -> float:
    """Seconds since a moment, 0 when it is in the future."""
    return max(0.0, now - since)


@dataclass(slots=True)
class Tally:
    """Adds up rows of `query` into lanes."""

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
        """One row of `query`, or of one with more columns behind."""
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
