"""The words of the model: where jobs are, how they end, what can be told."""

from __future__ import annotations

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
    FAILED = "failed"
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


class Breaker(StrEnum):
    """The state of a circuit breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


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
