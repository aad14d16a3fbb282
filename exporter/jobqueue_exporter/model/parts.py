"""The parts of what is known of a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobqueue_exporter.model.states import Breaker, Cause, Place, RecoveryState, State


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """A queue and the kind of job in it; the kind may be empty, the queue never is."""

    queue: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneJobs:
    """The live jobs of one lane. A state missing from `counts` cannot be told; ages are 0 when none."""

    counts: Mapping[State, int]
    oldest_pending_seconds: float | None = None
    oldest_running_seconds: float | None = None
    oldest_dead_letter_seconds: float | None = None
    due_not_promoted: int | None = None
    stuck: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Worker processes, each counted once. `by_queue` does not add up: one may serve many queues.

    `slots` and `busy` go by queue, the queue being empty where slots are shared.
    """

    live: int
    stale: int
    newest_heartbeat: float | None = None
    by_queue: Mapping[str, int] | None = None
    slots: Mapping[str, int] | None = None
    busy: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """Whether a program that jobs need is there, and where that was seen."""

    name: str
    place: Place
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """The newest dead jobs of one lane. `recent` goes by window, as in {"24h": 3}."""

    causes: Mapping[Cause, int]
    attempts_average: float | None = None
    recent: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Dead jobs on their way back, and the age of the oldest that still waits for a person."""

    jobs: Mapping[RecoveryState, int]
    oldest_pending_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitBreaker:
    """A circuit breaker, and the failures that it counts."""

    state: Breaker
    failures: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Work that recurs: when it last succeeded (Unix seconds), and how many seconds apart it should."""

    last_success: float | None = None
    interval_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What health endpoints said; `checks` are those that the readiness endpoint names."""

    ready: bool | None = None
    live: bool | None = None
    checks: Mapping[str, bool] = field(default_factory=dict)
