"""The jobs chosen for a change, noted down before anything is changed."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self

from jobqueue_exporter.engines.operations import Job, Operator, Wanted
from jobqueue_exporter.model import Cause

# Tens of thousands of ids; more of them go to a file.
_IN_MEMORY = 1024 * 1024
_SAMPLES = 5
_KINDS = 1_000
_OTHER = "_other"
_TELL_EVERY = 1_000


class Selection:
    """The ids of the jobs that were wanted, in their order, and what they have in common. Memory stays the same
    however many they are; close it.
    """

    def __init__(self) -> None:
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed with the selection
        self.count = 0
        self.more = False
        """Whether there are more than were wanted."""
        self.kinds: Counter[str] = Counter()
        """How many of each kind; past a thousand kinds, those of the rest together."""
        self.causes: Counter[Cause] = Counter()
        self.oldest: float | None = None
        """Since when the job that is longest in its state is there; None is not known."""
        self.newest: float | None = None
        self.samples: list[Job] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget the ids."""
        self._spool.close()

    def __iter__(self) -> Iterator[str]:
        self._spool.seek(0)
        for line in self._spool:
            yield json.loads(line)

    def add(self, job: Job) -> None:
        """Notes a job down."""
        self._spool.write(json.dumps(job.id).encode() + b"\n")
        self.count += 1
        known = job.lane.kind in self.kinds or len(self.kinds) < _KINDS
        self.kinds[job.lane.kind if known else _OTHER] += 1
        if job.cause is not None:
            self.causes[job.cause] += 1
        if job.since is not None:
            self.oldest = job.since if self.oldest is None else min(self.oldest, job.since)
            self.newest = job.since if self.newest is None else max(self.newest, job.since)
        if len(self.samples) < _SAMPLES:
            self.samples.append(job)


def chosen(operator: Operator, wanted: Wanted, progress: Callable[[int], None] = lambda count: None) -> Selection:
    """The jobs that are wanted, and whether there are more of them than its limit.

    `progress` is told now and then how many were found so far. Raises SourceError.
    """
    selection = Selection()
    more = None if wanted.limit is None else wanted.limit + 1
    try:
        for job in operator.list(replace(wanted, limit=more)):
            if selection.count == wanted.limit:
                selection.more = True
                break
            selection.add(job)
            if selection.count % _TELL_EVERY == 0:
                progress(selection.count)
    except BaseException:
        selection.close()
        raise
    return selection
