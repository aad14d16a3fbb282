"""Many jobs changed, in batches, with a canary before and an eye on those that die again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from jobqueue_exporter.engines.operations import BATCH, Change, Job, Operation, Operator, Order
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.operate.canary import Canary
from jobqueue_exporter.operate.given_back import Again, GivenBack
from jobqueue_exporter.operate.settled import settled
from jobqueue_exporter.operate.signals import Signals

_ASKED = "asked to stop"
_UNSEEN = "what became of the jobs given back cannot be seen"
# How often those that were given back are looked at: a campaign without pauses must not look more than it changes.
_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast, and when to stop. `canary`: so many first, and their outcome awaited up to `canary_seconds`.
    `most_dead_again`: stops when so many of the jobs that were given back are dead again."""

    batch: int = 100
    pause_seconds: float = 1.0
    canary: int = 0
    canary_seconds: float = 600.0
    most_dead_again: int = 3


@dataclass(frozen=True, slots=True)
class Step:
    """Something to tell: the changes of a batch, or in `text` what is being waited for or why it has stopped.

    `stopped`: nothing more will be changed. `again`: after the last batch, how many of those given back are dead."""

    changes: tuple[Change, ...] = ()
    text: str = ""
    stopped: bool = False
    again: Again | None = None


def carried_out(
    operator: Operator,
    order: Order,
    ids: Iterable[str],
    pace: Pace,
    stop: Signals,
    clock: Callable[[], float],
    witness: Operator | None = None,
) -> Iterator[Step]:
    """Carries the order out on all these jobs, step by step. Never raises SourceError: a source that is lost is a
    last step that says so.

    Of jobs whose change may be in force or not, it is found out where they are, if the source answers again.
    `witness` looks what became of jobs, where the operator itself would look at a copy that lags behind. A
    KeyboardInterrupt is raised after a step that says what the batch under way had come to.
    """
    campaign = _Campaign(operator, witness or operator, order, pace, stop, clock)
    # Not a dry run: nothing of what it would do comes back to be looked at.
    if pace.canary and order.operation is Operation.REQUEUE and not order.dry_run:
        rest = iter(ids)
        yield from campaign.canary(rest)
        yield from campaign.batches(rest, pause_first=campaign.changed)
    else:
        yield from campaign.batches(iter(ids), pause_first=False)
    yield from campaign.ended()


class _Campaign:
    """One order under way. After a step that has stopped it, nothing more is changed."""

    def __init__(
        self,
        operator: Operator,
        witness: Operator,
        order: Order,
        pace: Pace,
        stop: Signals,
        clock: Callable[[], float],
    ) -> None:
        self.operator = operator
        self.witness = witness
        self.order = order
        self.pace = pace
        self.stop = stop
        self.clock = clock
        self.over = False
        self.changed = False
        self.given_back = GivenBack()
        self.looked = clock()

    def canary(self, ids: Iterator[str]) -> Iterator[Step]:
        """Changes the first jobs that can be changed, and waits for what becomes of them."""
        canary = Canary(self.witness, self.pace.canary_seconds, self.stop, self.clock)
        while missing := self.pace.canary - len(canary):
            batch = tuple(islice(ids, min(missing, BATCH)))
            if not batch or self.over or self.stop.asked:
                break
            before = self._looked_at(batch)
            for step in self._batch(batch):
                canary.add(step.changes, before)
                yield step
        if not self.over:
            for text in canary.outcome():
                yield Step(text=text)
            yield from self._stopped(_ASKED if self.stop.asked else canary.trouble)

    def batches(self, ids: Iterator[str], *, pause_first: bool) -> Iterator[Step]:
        """Changes the rest, batch by batch."""
        size = min(self.pace.batch, BATCH)
        pause = pause_first
        while not self.over and (batch := tuple(islice(ids, size))):
            if pause and not self.order.dry_run:
                self.stop.wait(self.pace.pause_seconds)
            yield from self._stopped(_ASKED if self.stop.asked else self._oscillation())
            if not self.over:
                yield from self._batch(batch)
            pause = True

    def ended(self) -> Iterator[Step]:
        """After the last batch, how many of those that were given back are dead already."""
        if self.over or not self.given_back:
            return
        try:
            with self.stop.at_once():
                again = self.given_back.again(self.witness)
        except SourceError as error:
            yield Step(text=f"{_UNSEEN}: {error}")
            return
        yield Step(again=again)

    def _batch(self, batch: Sequence[str]) -> Iterator[Step]:
        """The step of one batch; it is the last one when the source is lost in it."""
        changes: list[Change] = []
        try:
            why = self._change(batch, changes)
            found = settled(self.witness, self.order.operation, changes, self.stop)
        except KeyboardInterrupt:
            self.over = True
            yield Step((*changes, *_cut_off(batch[len(changes) :])), text="ended at once", stopped=True)
            raise
        self.changed = self.changed or any(change.done for change in found)
        if self.order.operation is Operation.REQUEUE and not self.order.dry_run:
            self.given_back.add(change.moved_to or change.id for change in found if change.done)
        if not why and any(change.done is None for change in found):
            why = "the connection broke while a change was being committed, and what became of it cannot be seen"
        self.over = bool(why)
        yield Step(found, text=why, stopped=self.over)

    def _change(self, batch: Sequence[str], changes: list[Change]) -> str:
        """Changes a batch, into `changes` one by one; why it did not come to its end, empty if it did."""
        try:
            with self.stop.at_once():
                for change in self.operator.change(self.order, batch):
                    changes.append(change)
        except SourceError as error:
            return str(error) or type(error).__name__
        return ""

    def _looked_at(self, batch: Sequence[str]) -> Mapping[str, Job]:
        with suppress(SourceError), self.stop.at_once():
            return {job.id: job for job in self.witness.look(batch)}
        return {}

    def _stopped(self, why: str) -> Iterator[Step]:
        if why:
            self.over = True
            yield Step(text=why, stopped=True)

    def _oscillation(self) -> str:
        """Why to stop, when too many of those that were given back are dead again; empty if not."""
        if not self.given_back or self.clock() - self.looked < _LOOK_SECONDS:
            return ""
        self.looked = self.clock()
        try:
            with self.stop.at_once():
                again = self.given_back.again(self.witness)
        except SourceError as error:
            return f"{_UNSEEN}: {error}"
        return "" if again.dead < self.pace.most_dead_again else f"of the jobs given back, {again}"


def _cut_off(ids: Iterable[str]) -> Iterator[Change]:
    return (Change(job_id, None, "it was being changed when it was told to end at once") for job_id in ids)
