"""A few jobs that are given back first, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from jobqueue_exporter.durations import human
from jobqueue_exporter.engines.operations import Change, Job, Operator
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.operate.given_back import lost
from jobqueue_exporter.operate.signals import Signals

_LOOK_SECONDS = 1.0


class Canary:
    """Jobs whose outcome is awaited up to `seconds`; its length is how many there are."""

    def __init__(self, operator: Operator, seconds: float, stop: Signals, clock: Callable[[], float]) -> None:
        self._operator = operator
        self._seconds = seconds
        self._stop = stop
        self._clock = clock
        self._waiting: dict[str, Job | None] = {}
        self._count = 0
        self.trouble = ""
        """Why the others had better be left alone; empty when all ended well, or there was none."""

    def __len__(self) -> int:
        return self._count

    def add(self, changes: Iterable[Change], before: Mapping[str, Job]) -> None:
        """Waits for those that were given back too; `before` is how they were while they were dead."""
        for change in changes:
            if change.done:
                self._waiting[change.moved_to or change.id] = before.get(change.id)
                self._count += 1

    def outcome(self) -> Iterator[str]:
        """What they are doing, each time that it is news, until all have ended or there is trouble."""
        deadline = self._clock() + self._seconds
        told = ""
        while self._waiting and not self.trouble and not self._stop.asked:
            try:
                news = self._look()
            except SourceError as error:
                self.trouble = f"what becomes of the canary cannot be seen: {error}"
                return
            if news != told:
                yield news
                told = news
            if self._waiting and not self.trouble:
                if self._clock() >= deadline:
                    self.trouble = f"the canary has not ended within {human(self._seconds)}: {news}"
                    return
                self._stop.wait(_LOOK_SECONDS)

    def _look(self) -> str:
        """Looks at those that are waited for, and says in a few words how they are."""
        with self._stop.at_once():
            found = {job.id: job for job in self._operator.look(tuple(self._waiting))}
        dead = [job for job in found.values() if self._died(job)]
        if dead:
            self.trouble = f"the canary is dead again: {len(dead):,} of {self._count:,}"
        for job_id in [*self._waiting]:
            if job_id not in found or _ended_well(found[job_id]):
                del self._waiting[job_id]
            elif found[job_id] != self._waiting[job_id]:
                self._waiting[job_id] = None
        states = Counter(str(found[job_id].state or found[job_id].word) for job_id in self._waiting)
        words = [f"{count:,} {state}" for state, count in sorted(states.items())]
        return ", ".join([f"canary: {self._count - len(self._waiting):,} of {self._count:,} ended well", *words])

    def _died(self, job: Job) -> bool:
        """Whether it is dead again: a standby may still show it as it was before."""
        return lost(job) and job != self._waiting[job.id]


def _ended_well(job: Job) -> bool:
    return job.state is None and not lost(job)
