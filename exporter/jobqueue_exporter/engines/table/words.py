"""The words that job tables use: usual column names, and what the values of a state column mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobqueue_exporter.config.types import States

# By role; the first that the table has is taken.
COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "job_id"),
    "queue": ("queue", "queue_name"),
    "kind": ("kind", "type", "job_type", "job_class", "task_name", "job_name"),
    "state": ("state", "status"),
    "attempts": ("attempts", "attempt", "attempt_count", "retry_count"),
    "max_attempts": ("max_attempts", "max_retries"),
    "run_at": ("run_at", "next_run_at", "scheduled_at", "scheduled_for", "available_at"),
    "created_at": ("created_at", "inserted_at", "enqueued_at", "queued_at"),
    "started_at": ("locked_at", "started_at", "claimed_at"),
    "finished_at": ("finished_at", "completed_at", "ended_at"),
    "updated_at": ("updated_at", "modified_at"),
    "heartbeat_at": ("heartbeat_at", "last_heartbeat", "last_heartbeat_at"),
    "worker": ("locked_by", "worker_id", "claimed_by"),
    "error": ("last_error", "error", "error_message"),
}

TIME_ROLES = ("run_at", "created_at", "started_at", "finished_at", "updated_at", "heartbeat_at")

DEFAULT_STATES = States(
    waiting=("queued", "pending", "waiting", "available", "ready", "new", "created", "enqueued", "scheduled"),
    running=("running", "processing", "in_progress", "active", "executing", "started", "working"),
    retry=("retry", "retrying", "retryable", "retry_scheduled"),
    blocked=("blocked", "on_hold"),
    dead_letter=("dead_letter", "dead", "dead_lettered", "exhausted"),
    finished=("done", "completed", "complete", "succeeded", "success", "finished", "processed"),
    discarded=("discarded", "abandoned", "expired"),
    cancelled=("cancelled", "canceled", "aborted"),
)

# Retried where the table can hold a retry, else the end of the job.
FAILED = ("failed", "error", "errored")

_MOST_SHOWN = 100

MEANINGS = tuple(States.__struct_fields__)


def default_states(*, can_retry: bool) -> dict[str, tuple[str, ...]]:
    """The usual words by meaning; "failed" is a retry where `can_retry`, else a dead letter."""
    words = {meaning: getattr(DEFAULT_STATES, meaning) for meaning in MEANINGS}
    last = "retry" if can_retry else "dead_letter"
    return words | {last: words[last] + FAILED}


def as_written(words: Mapping[str, tuple[str, ...]], observed: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The words, with the table's own upper and lower case added; where it writes any word with capitals, it
    may write the ones that were not seen so too."""
    seen = tuple(observed)
    capitals = any(word != word.lower() for word in seen)
    return {
        meaning: tuple(
            dict.fromkeys(
                [
                    *group,
                    *(word for word in seen if word.lower() in group),
                    *(form for word in group for form in (word.upper(), word.capitalize()) if capitals),
                ]
            )
        )
        for meaning, group in words.items()
    }


def shown(word: str) -> str:
    """A value of a table for people: quoted, printable and cut short."""
    return repr(word if len(word) <= _MOST_SHOWN else f"{word[:_MOST_SHOWN]}…")


def unmapped(column: str, words: Mapping[str, tuple[str, ...]], observed: Iterable[str], *, under: str) -> list[str]:
    """What a person should know of values that no word covers; `under` is where to add them."""
    known = {word for group in words.values() for word in group}
    return [
        f"state {shown(word)} of {column} is not mapped, its jobs are not counted: add it under `{under}:` in "
        "jobqueue.yml (`jobqueue init` writes one)"
        for word in sorted(set(observed) - known)
    ]
