"""A small job engine in memory, its clock, and a person who can ask to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from jobqueue_exporter.engines.operations import Change, Detail, Job, Operation, Order, Wanted, WorkerProcess
from jobqueue_exporter.errors import Unreachable
from jobqueue_exporter.model import Lane, State

LOST = "no connection to the shelf"
MAIL = Lane("mail", "MAIL")


@dataclass
class Person:
    """Waits on a clock that only waiting moves. Whoever gives `moments` is called at each wait."""

    now: float = 0.0
    asked: bool = False
    moments: list[Callable[[], object]] = field(default_factory=list)

    def wait(self, seconds: float) -> bool:
        """Lets time pass, and whatever happens in it."""
        self.now += seconds
        if self.moments:
            self.moments.pop(0)()
        return self.asked

    def at_once(self) -> AbstractContextManager[None]:
        """Nobody presses keys here."""
        return nullcontext()

    def clock(self) -> float:
        """The time on that clock."""
        return self.now

    def ask(self) -> None:
        """Asks to stop."""
        self.asked = True


@dataclass
class Shelf:
    """Jobs by id. `calls` are the batches that were to be changed; `breaks` raises in the middle of a batch: before
    a job of this id is changed; `doubted` are changed, but nobody is told; `away` answers nothing at all."""

    jobs: dict[str, Job] = field(default_factory=dict)
    person: Person = field(default_factory=Person)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    breaks: str = ""
    error: BaseException = field(default_factory=lambda: Unreachable(LOST))
    doubted: frozenset[str] = frozenset()
    away: bool = False
    after: Callable[[], object] = lambda: None

    def put(self, count: int, state: State = State.DEAD_LETTER, first: int = 1) -> tuple[str, ...]:
        """The ids of new jobs in this state, numbered from `first`."""
        made = [
            Job(id=str(number), lane=MAIL, state=state, word=str(state), since=float(number))
            for number in range(first, first + count)
        ]
        self.jobs |= {job.id: job for job in made}
        return tuple(job.id for job in made)

    def turn(self, job_id: str, state: State | None) -> None:
        """Something happens to a job."""
        self.jobs[job_id] = replace(self.jobs[job_id], state=state, word=str(state), since=1_000 + self.person.now)

    @property
    def clock(self) -> float:
        """The clock that waiting moves."""
        return self.person.now

    def list(self, wanted: Wanted) -> Iterator[Job]:
        """Jobs in this state."""
        found = [job for job in self.jobs.values() if job.state is wanted.state]
        yield from found[: wanted.limit]

    def look(self, ids: Sequence[str]) -> Iterator[Job]:
        """Jobs of these ids."""
        if self.away:
            raise Unreachable(LOST)
        yield from [self.jobs[job_id] for job_id in ids if job_id in self.jobs]

    def inspect(self, job_id: str) -> Detail | None:
        """A job."""
        return Detail(job=self.jobs[job_id], now=self.clock) if job_id in self.jobs else None

    def workers(self) -> Iterator[WorkerProcess] | None:
        """Nobody can tell."""
        return None

    def change(self, order: Order, ids: Sequence[str]) -> Iterator[Change]:
        """Dead jobs wait again, one by one; other orders are not known here."""
        assert order.operation is Operation.REQUEUE
        if self.away:
            raise Unreachable(LOST)
        self.calls.append(tuple(ids))
        for job_id in ids:
            if job_id == self.breaks:
                raise self.error
            yield self._changed(order, job_id)
        self.after()

    def close(self) -> None:
        """There is nothing to give back."""

    def _changed(self, order: Order, job_id: str) -> Change:
        job = self.jobs.get(job_id)
        if job is None:
            return Change(job_id, False, "there is no such job")
        if job.state is not State.DEAD_LETTER:
            return Change(job_id, False, f"it is {job.word}", job.state, job.word)
        if not order.dry_run:
            self.turn(job_id, State.PENDING)
        return Change(job_id, None if job_id in self.doubted else True, "given back")
