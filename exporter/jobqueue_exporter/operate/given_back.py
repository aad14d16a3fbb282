"""Jobs that were given back to their workers, and how many of them are dead again."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from jobqueue_exporter.engines.operations import BATCH, Job, Operator
from jobqueue_exporter.model import RecoveryState, State

# The first have had the longest to die; the others are drawn from all that follow, so that a death is seen however
# long it takes.
_FIRST = 300


@dataclass(frozen=True, slots=True)
class Again:
    """Of `looked_at` jobs that were given back, so many are dead again."""

    dead: int
    looked_at: int

    def __str__(self) -> str:
        return f"{self.dead:,} of {self.looked_at:,} looked at are dead again"


class GivenBack:
    """The ids of those that are looked at, BATCH at most however many were given back; its length is how many."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._count = 0
        self._random = random.Random(0)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: Iterable[str]) -> None:
        """These were given back too."""
        for job_id in ids:
            self._count += 1
            if len(self._ids) < BATCH:
                self._ids.append(job_id)
                continue
            # Each that came after the first has the same chance to be among those that are kept.
            place = _FIRST + self._random.randrange(self._count - _FIRST)
            if place < BATCH:
                self._ids[place] = job_id

    def again(self, operator: Operator) -> Again:
        """How many are dead again as this operator sees them. Raises SourceError."""
        return Again(sum(map(lost, operator.look(tuple(self._ids)))), len(self._ids))


def lost(job: Job) -> bool:
    """Whether it is dead, or was given up."""
    return job.state is State.DEAD_LETTER or job.recovery is RecoveryState.ABANDONED
