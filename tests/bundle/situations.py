"""Sources in all sorts of states, with numbers at, just under and just over what alerts compare them with."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TypeVar

from jobqueue_exporter.model import (
    Binary,
    Breaker,
    Cause,
    CircuitBreaker,
    CollectorStatus,
    DeadLetters,
    Facts,
    Lane,
    LaneFlows,
    LaneJobs,
    Outcome,
    Place,
    Policy,
    Probes,
    Recovery,
    RecoveryState,
    Schedule,
    Signal,
    Snapshot,
    State,
    Workers,
)
from tests import full_snapshot

NOW = 1763800000.0
HOSTILE = ('<b>"q"</b>', "a/b?c=d&e#f", "back\\slash", "new\nline", "🦄 ünï", "{{ $value }}", "a|b.*", " ")
COUNTS = (0, 0, 0, 1, 2, 3, 5, 6, 10, 11, 20, 21, 50, 51, 99, 100, 101, 5000)
AGES = (0.0, 0.0, 4.5, 59.999, 60.0, 60.001, 300.0, 301.25, 599.0, 600.0, 601.0, 3600.0, 3600.5, 86399.0, 86401.0, 1e6)
OBJECTIVES = (60.0, 300.0, 600.0, 3600.0)
SHARES = (0.5, 2.4999, 2.5, 2.50001, 3.0, 4.0, 4.001, 5.0, -5.5, 120.0, 120.5)

T = TypeVar("T")


def one(source: str, now: float = NOW) -> Snapshot:
    """A source of this name, which its state follows from; moments are before `now`."""
    return _Dice(source, now).snapshot()


def several(count: int, now: float = NOW) -> list[Snapshot]:
    """As many sources, one with idle workers, one that tells everything, and one that is down."""
    made = [one(f"source {number} {HOSTILE[number % len(HOSTILE)]}", now) for number in range(count)]
    return [*made, idle(), full_snapshot.full(), full_snapshot.down()]


def idle() -> Snapshot:
    """A source whose workers have room for a job that has waited too long."""
    made = full_snapshot.full()
    lanes = dict(made.facts.lanes or {})
    lanes[full_snapshot.RENDER] = replace(lanes[full_snapshot.RENDER], oldest_pending_seconds=120)
    return replace(made, source="idle", facts=replace(made.facts, lanes=lanes))


class _Dice:
    def __init__(self, source: str, now: float) -> None:
        self._random = random.Random(source)
        self._source = source
        self._now = now

    def snapshot(self) -> Snapshot:
        lanes = [Lane("mail"), Lane("mail", "RENDER"), *(Lane(self._of(HOSTILE), self._of(HOSTILE)) for _ in range(3))]
        known = {lane: self._policy() for lane in lanes if self._likely()}
        made = Snapshot(
            source=self._source,
            engine="table",
            read_at=self._now,
            up=True,
            facts=self._facts(lanes),
            flows={lane: self._flows() for lane in lanes} if self._likely() else None,
            signals={signal: self._coin() for signal in Signal if self._likely()},
            policies=known,
            folded={"kind": self._of(COUNTS), "queue": 0},
            collectors=tuple(self._collector(name) for name in ("jobs", "causes")),
            over_budget=self._maybe(self._coin()),
            clock_skew_seconds=self._maybe(self._of(SHARES)),
        )
        return made if self._likely() else replace(made, up=False, error="refused")

    def _facts(self, lanes: list[Lane]) -> Facts:
        breakers = {name: CircuitBreaker(state=self._of(tuple(Breaker))) for name in ("mcp", '"mail"')}
        return Facts(
            lanes={lane: self._jobs() for lane in lanes},
            capped={state: self._coin() for state in State},
            workers=self._maybe(self._workers(lanes)),
            paused={lane.queue: not self._likely() for lane in lanes if self._likely()},
            binaries=tuple(
                Binary(name, place, self._coin()) for name in ("ffmpeg", "yt") for place in Place if self._coin()
            ),
            dead_letters={lane: self._dead() for lane in lanes if self._likely()},
            recovery=self._maybe(
                Recovery(jobs=dict.fromkeys(RecoveryState, self._of(COUNTS)), oldest_pending_seconds=self._of(AGES))
            ),
            schedules={name: self._schedule() for name in ("nightly", "<hourly>")},
            probes=Probes(
                ready=self._maybe(self._coin()), live=self._maybe(self._coin()), checks={"db": self._coin(), "x": True}
            ),
            breakers=breakers,
            kill_switch=self._maybe(self._coin()),
            lag_seconds=self._maybe(self._of(SHARES)),
            notices=("One.",) if self._coin() else (),
        )

    def _jobs(self) -> LaneJobs:
        return LaneJobs(
            counts={state: self._of(COUNTS) for state in State},
            oldest_pending_seconds=self._maybe(self._of(AGES)),
            oldest_running_seconds=self._maybe(self._of(AGES)),
            oldest_dead_letter_seconds=self._maybe(self._of(AGES)),
            due_not_promoted=self._maybe(self._of(COUNTS)),
            stuck=self._maybe(self._of(COUNTS)),
        )

    def _workers(self, lanes: list[Lane]) -> Workers:
        shared = self._coin()
        queues = [""] if shared else [lane.queue for lane in lanes]
        return Workers(
            live=self._of((0, 0, 1, 3)),
            stale=self._of((0, 1)),
            newest_heartbeat=self._maybe(self._now - self._of(AGES)),
            by_queue=self._maybe({lane.queue: self._of((0, 1, 2)) for lane in lanes if self._likely()}),
            slots=self._maybe({queue: self._of((0, 4)) for queue in queues}),
            busy=self._maybe({queue: self._of((0, 3, 4)) for queue in queues}),
        )

    def _dead(self) -> DeadLetters:
        return DeadLetters(
            causes={cause: self._of(COUNTS) for cause in Cause},
            attempts_average=self._maybe(self._of(SHARES)),
            recent=self._maybe({"24h": self._of(COUNTS)}),
        )

    def _flows(self) -> LaneFlows:
        return LaneFlows(
            enqueued=self._maybe(self._of(COUNTS)),
            attempts_failed=self._maybe(self._of(COUNTS)),
            finished=self._maybe({outcome: self._of(COUNTS) for outcome in Outcome}),
            waits_observed=self._maybe(100),
            waits_met=self._maybe(self._of((0, 99, 100))),
        )

    def _policy(self) -> Policy:
        return Policy(
            owner=self._of(("", "team-a", *HOSTILE)),
            wait_objective_seconds=self._of(OBJECTIVES),
            max_runtime_seconds=self._of(OBJECTIVES),
            page=self._coin(),
            no_loss=not self._likely(),
        )

    def _schedule(self) -> Schedule:
        return Schedule(
            last_success=self._maybe(self._now - self._of(AGES)), interval_seconds=self._maybe(self._of(OBJECTIVES))
        )

    def _collector(self, name: str) -> CollectorStatus:
        return CollectorStatus(
            name=name,
            success=self._coin(),
            duration_seconds=self._of((0.01, 3.999, 4, 4.001)),
            age_seconds=self._of(AGES),
            last_success=self._maybe(self._now - self._of(AGES)),
        )

    def _coin(self) -> bool:
        return self._random.random() < 0.5

    def _likely(self) -> bool:
        return self._random.random() < 0.8

    def _maybe(self, value: T) -> T | None:
        return value if self._likely() else None

    def _of(self, values: tuple[T, ...]) -> T:
        return self._random.choice(values)
