"""What can be done to single jobs: how an engine lists, shows and changes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from jobqueue_exporter.model import Lane, State


class Operation(StrEnum):
    """What an engine declares that it can do."""

    LIST = "list"
    INSPECT = "inspect"
    REQUEUE = "requeue"
    RECLAIM = "reclaim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs to list, the oldest of their state first, `limit` of them at most."""

    state: State
    queue: str | None = None
    kind: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as its engine has it. Times are Unix seconds on the source's clock; None is not known.

    `state` is None for a job that has ended and needs nobody; `word` is the engine's own word for it.
    """

    id: str
    lane: Lane
    state: State | None
    word: str
    attempts: int | None = None
    max_attempts: int | None = None
    created_at: float | None = None
    due_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    heartbeat_at: float | None = None
    worker: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job, in the engine's own word."""

    at: float
    what: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """All that is kept of one job. `payload` is its text whole: who shows it, cuts it and masks secrets."""

    job: Job
    payload: str = ""
    events: tuple[Event, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one job that was to be changed; `text` says it in words, and why not where not."""

    id: str
    done: bool
    text: str


class Operator(Protocol):
    """Acts on the jobs of one source, by its engine's own procedures. For one thread.

    Every method raises SourceError when the source cannot be asked. A change is one transaction for each
    job, and leaves a job alone that is not in the state it expects.
    """

    def list(self, wanted: Wanted) -> Iterator[Job]:
        """The jobs that are wanted."""

    def inspect(self, job_id: str) -> Detail | None:
        """All of one job, whatever its state; None when there is no such job."""

    def requeue(self, ids: Sequence[str]) -> Iterator[Change]:
        """Gives dead jobs back to their workers."""

    def reclaim(self, ids: Sequence[str]) -> Iterator[Change]:
        """Takes stuck jobs from the workers that have lost them, and gives them to others."""

    def close(self) -> None:
        """Give the connection back. Never raises."""
