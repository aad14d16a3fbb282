"""What one reading of one source found: a Snapshot, and its parts.

`None` means "this engine cannot tell"; `0` means zero. Ages are seconds on the source's
own clock, never below 0. Timestamps are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum


class State(StrEnum):
    """Where a live job is. Each job is in exactly one state, so sums mean something."""

    PENDING = "pending"
    SCHEDULED = "scheduled"
    RETRYING = "retrying"
    BLOCKED = "blocked"
    RUNNING = "running"
    DEAD_LETTER = "dead_letter"


class Outcome(StrEnum):
    """How a job ended. Failure is `dead_letter` and `discarded` together."""

    COMPLETED = "completed"
    DEAD_LETTER = "dead_letter"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"


class Cause(StrEnum):
    """Why a job is dead, by the rules of its source."""

    RECOVERABLE = "recoverable"
    USER_ERROR = "user_error"
    SYSTEM_ERROR = "system_error"
    UNKNOWN = "unknown"


class RecoveryState(StrEnum):
    """Where a dead job is on its way back."""

    PENDING = "pending"
    RETRY_SCHEDULED = "retry_scheduled"
    RECOVERED = "recovered"
    ABANDONED = "abandoned"


class Signal(StrEnum):
    """What an engine may or may not be able to tell."""

    ENQUEUED = "enqueued"
    FINISHED = "finished"
    ATTEMPTS_FAILED = "attempts_failed"
    WAIT = "wait"
    RUN = "run"
    STUCK = "stuck"
    WORKERS = "workers"
    SLOTS = "slots"
    PAUSE = "pause"
    CAUSES = "causes"
    RECOVERY = "recovery"
    SCHEDULES = "schedules"


class Place(StrEnum):
    """Where a binary was looked for: the least of the live workers, a health endpoint, or here."""

    WORKER = "worker"
    READINESS = "readiness"
    EXPORTER = "exporter"


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


class Breaker(StrEnum):
    """The state of a circuit breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


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


class Flow(StrEnum):
    """Things that happen to jobs, counted as they happen."""

    ENQUEUED = "enqueued"
    ATTEMPT_FAILED = "attempt_failed"
    COMPLETED = "completed"
    DEAD_LETTER = "dead_letter"
    DISCARDED = "discarded"
    CANCELLED = "cancelled"
    WAIT = "wait"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class FlowCount:
    """Events of one lane in one minute of the source's clock, `minute` being Unix seconds // 60.

    For WAIT and RUN, `bucket` is the index of the smallest threshold that the duration does not
    exceed (the number of thresholds when it exceeds all), and `seconds` the sum of durations.
    """

    minute: int
    lane: Lane
    flow: Flow
    count: int
    bucket: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowWindow:
    """A full recount of the whole minutes from `start` to `end` (Unix seconds, source's clock)."""

    start: float
    end: float
    tells: frozenset[Flow]
    counts: tuple[FlowCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFlows:
    """Totals of one lane since this process first saw its source."""

    enqueued: int | None = None
    attempts_failed: int | None = None
    finished: Mapping[Outcome, int] | None = None
    waits_observed: int | None = None
    waits_met: int | None = None


BUCKETS: tuple[float, ...] = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 86400)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram over BUCKETS: events per bucket (not cumulative, the last above all bounds), their sum."""

    counts: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration wants of a lane."""

    owner: str = ""
    wait_objective_seconds: float = 300.0
    success_objective_ratio: float = 0.99
    max_runtime_seconds: float = 3600.0
    page: bool = True
    no_loss: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What collectors found; each fills in its own fields, the rest stay None."""

    lanes: Mapping[Lane, LaneJobs] | None = None
    empty_lane: LaneJobs | None = None
    capped: Mapping[State, bool] | None = None
    workers: Workers | None = None
    paused: Mapping[str, bool] | None = None
    binaries: tuple[Binary, ...] | None = None
    dead_letters: Mapping[Lane, DeadLetters] | None = None
    dead_letter_windows: tuple[str, ...] | None = None
    recovery: Recovery | None = None
    schedules: Mapping[str, Schedule] | None = None
    probes: Probes | None = None
    breakers: Mapping[str, CircuitBreaker] | None = None
    kill_switch: bool | None = None
    flow_window: FlowWindow | None = None
    version: str | None = None
    clock: float | None = None
    lag_seconds: float | None = None
    notices: tuple[str, ...] | None = None

    def merged(self, other: Facts) -> Facts:
        """These facts, with every field that `other` knows taken from it; binaries and notices add up."""
        known = {f.name: v for f in fields(other) if (v := getattr(other, f.name)) is not None}
        for name in known.keys() & {"binaries", "notices"}:
            known[name] = (*(getattr(self, name) or ()), *known[name])
        return replace(self, **known)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorStatus:
    """How the last run of one collector went; `age_seconds` is 0 for one that ran in this reading."""

    name: str
    success: bool
    duration_seconds: float
    age_seconds: float
    last_success: float | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that is known of one source at one moment.

    When `up` is false, `error` says why and nothing that an earlier reading found is in it.
    """

    source: str
    engine: str
    read_at: float
    up: bool
    error: str = ""
    facts: Facts = Facts()
    flows: Mapping[Lane, LaneFlows] | None = None
    waits: Mapping[str, Distribution] | None = None
    runs: Mapping[str, Distribution] | None = None
    signals: Mapping[Signal, bool] = field(default_factory=dict)
    policies: Mapping[Lane, Policy] = field(default_factory=dict)
    folded: Mapping[str, int] = field(default_factory=dict)
    collectors: tuple[CollectorStatus, ...] = ()
    over_budget: bool | None = None
    clock_skew_seconds: float | None = None
