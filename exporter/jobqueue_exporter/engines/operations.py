"""What a person can do to single jobs: how an engine lists, shows and changes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from jobqueue_exporter.model import Cause, Lane, RecoveryState, State

BATCH = 1_000
"""How many jobs may be named in one call of `Operator.look` or `Operator.change`."""


class Operation(StrEnum):
    """A change that an engine may offer.

    requeue: a dead job goes back to its workers. reclaim: a running job whose worker is lost goes back to
    them, or is dead when it has no attempts left. cancel: a job that waits is called off. abandon: a dead job
    is given up, and kept. delete: a dead job is removed.
    """

    REQUEUE = "requeue"
    RECLAIM = "reclaim"
    CANCEL = "cancel"
    ABANDON = "abandon"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which jobs to list. What is None does not narrow; `limit` None is all of them.

    `recovery` lists a table of dead jobs by how far their recovery is, whatever `state` says. `older_than`
    (seconds): in this state for longer. `match`: the error holds this text, in upper or lower case. `after`:
    the id of the last job of the page before. `stuck`: running jobs whose worker is lost, or not. `newest`: from
    the other end, the newest first as far as an index has them so; `after` goes on in that direction. `whole`:
    `Job.row` is filled.
    """

    state: State
    recovery: RecoveryState | None = None
    queue: str | None = None
    kind: str | None = None
    cause: Cause | None = None
    older_than: float | None = None
    match: str | None = None
    stuck: bool | None = None
    newest: bool = False
    after: str | None = None
    limit: int | None = 50
    whole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as its engine has it. Times are Unix seconds on the source's clock; None is not known.

    `state` is None for a job that has ended and needs nobody; `word` is the engine's own word for it. `since`:
    from when on it is in its state (for a pending one: could have been claimed). `stuck` is None where it does
    not run, or where that cannot be told. `row` is all that is kept of it as a JSON object, where asked for.
    """

    id: str
    lane: Lane
    state: State | None
    word: str
    recovery: RecoveryState | None = None
    cause: Cause | None = None
    stuck: bool | None = None
    attempts: int | None = None
    max_attempts: int | None = None
    since: float | None = None
    created_at: float | None = None
    due_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    updated_at: float | None = None
    heartbeat_at: float | None = None
    worker: str = ""
    error: str = ""
    row: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a job, in the engine's own word."""

    at: float
    what: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """All that is kept of one job; `now` is the source's clock. `payload` is its text whole: who shows it, cuts it
    and masks secrets. `events` are the oldest first; None where the engine keeps none."""

    job: Job
    now: float
    payload: str = ""
    events: tuple[Event, ...] | None = None
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerProcess:
    """One worker as its engine knows it; `jobs` are the ids of those that it holds. None is not known."""

    id: str
    live: bool
    heartbeat_at: float | None = None
    started_at: float | None = None
    queues: tuple[str, ...] | None = None
    slots: int | None = None
    busy: int | None = None
    version: str = ""
    binaries: Mapping[str, bool] = field(default_factory=dict)
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person wants done, and what is written down of it. A dry run changes nothing and says what would be."""

    operation: Operation
    who: str
    reason: str = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one job that was to be changed; `text` says it in words, and why not where not.

    `done` is None when the connection broke while the change was being committed: it may be in force or not. Of a
    job that was left alone, `state` and `word` say where it is, when it is anywhere. `audited`: the engine's own
    records say who did it. `moved_to`: the id under which the job goes on, where that is another.
    """

    id: str
    done: bool | None
    text: str
    state: State | None = None
    word: str = ""
    audited: bool = False
    moved_to: str = ""


class Operator(Protocol):
    """Acts on the jobs of one source, by its engine's own procedures. For one thread.

    Every method raises SourceError when the source cannot be asked. A change is a transaction, or one for each
    job, and leaves a job alone that is not in the state it expects.
    """

    @property
    def clock(self) -> float:
        """The source's clock now, in Unix seconds. Raises SourceError."""

    def list(self, wanted: Wanted) -> Iterator[Job]:
        """The jobs that are wanted, in an order in which `after` can go on.

        Read page by page while it is asked for more: memory stays the same, and no transaction is open meanwhile.
        """

    def look(self, ids: Sequence[str]) -> Iterator[Job]:
        """The jobs of these ids that are there, in any order; BATCH of them at most."""

    def inspect(self, job_id: str) -> Detail | None:
        """All of one job, whatever its state, its `row` too where that may be read; None when there is no such job."""

    def workers(self) -> Iterator[WorkerProcess] | None:
        """The workers that are known, those with the newest heartbeat first; None where none can be seen."""

    def change(self, order: Order, ids: Sequence[str]) -> Iterator[Change]:
        """What became of each of these jobs, in their order; BATCH of them at most.

        A SourceError means that the jobs of which nothing was said yet are as they were.
        """

    def close(self) -> None:
        """Give the connections back. Never raises."""
