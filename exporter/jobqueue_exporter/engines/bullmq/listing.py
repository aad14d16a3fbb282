"""Which jobs are in a state: those of sets by their time, those of lists queue by queue, the oldest first or last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain, islice

from jobqueue_exporter.engines.bullmq.counts import SCORES_PER_MS
from jobqueue_exporter.engines.bullmq.kept import Look
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.places import Place
from jobqueue_exporter.engines.bullmq.walk import PAGE, Walk, pages
from jobqueue_exporter.engines.operations import Job, Wanted
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.redis import Session

_HELD: Mapping[State, tuple[str, ...]] = {
    State.PENDING: ("delayed", "wait", "paused", "prioritized"),
    State.SCHEDULED: ("delayed",),
    State.RETRYING: ("delayed",),
    State.BLOCKED: ("waiting-children",),
    State.RUNNING: ("active",),
    State.DEAD_LETTER: ("failed",),
}
_OF_DEAD_LETTER_QUEUE: Mapping[State, tuple[str, ...]] = {
    State.DEAD_LETTER: ("failed", "wait", "paused", "prioritized", "delayed", "waiting-children"),
    State.RUNNING: ("active",),
}
_IN_ORDER = ("failed", "delayed", "waiting-children", "wait", "paused", "prioritized", "active")
_BY_TIME = frozenset({"failed", "delayed", "waiting-children"})
LEAST, TOGETHER = 20, 5_000
"""How many jobs of one list or set are asked for at least, and of all together at most."""
WHOLE = 50
"""How many whole jobs are asked for together: their payloads may be large."""
Open = Callable[[], AbstractContextManager[Session]]
_Found = tuple[tuple[float, str, bytes], Job]


@dataclass(slots=True)
class _Way:
    """A walk, and what of it was found and not told yet."""

    walk: Walk
    found: list[_Found] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listing:
    """The jobs of one source that are wanted. No session is open while somebody looks at one of them."""

    look: Look
    wanted: Wanted
    open: Open

    def jobs(self, after: Place | None) -> Iterator[Job]:
        """Those after this place, or all. Raises SourceError, and Refused where that place is in none of the lists
        and sets that hold such jobs."""
        told = chain.from_iterable(self._of(part, after) for part in self._parts(after))
        return islice(told, self.wanted.limit)

    def _queues(self) -> list[str]:
        core, queue = self.look.core, self.wanted.queue
        return [one for one in core.found if queue in (None, one, core.serves.get(one))]

    def _holds(self, queue: str) -> tuple[str, ...]:
        held = _OF_DEAD_LETTER_QUEUE if queue in self.look.core.serves else _HELD
        return held.get(self.wanted.state, ())

    def _parts(self, after: Place | None) -> Sequence[str]:
        """The lists and sets to go through, from that of the last job on."""
        held = {part for queue in self._queues() for part in self._holds(queue)}
        parts = [part for part in _IN_ORDER if part in held]
        if after is None:
            return parts
        if after.queue not in self._queues() or after.word not in self._holds(after.queue):
            raise Refused(
                f"the list cannot go on after {after.name}, which is {after.word} by now: list from the start"
            )
        return parts[parts.index(after.word) :]

    def _of(self, part: str, after: Place | None) -> Iterator[Job]:
        """The wanted jobs of this part of all queues: merged by time where it is ordered by that."""
        ways = self._ways(part, after if after and after.word == part else None)
        if part in _BY_TIME:
            told: Iterator[_Found] = merge(
                *(self._along(way, ways) for way in ways), key=lambda one: one[0], reverse=self.wanted.newest
            )
        else:
            told = chain.from_iterable(self._along(way, ways) for way in ways)
        return (job for _, job in told)

    def _ways(self, part: str, after: Place | None) -> list[_Way]:
        queues = self._directed(sorted(queue for queue in self._queues() if part in self._holds(queue)))
        if after and part not in _BY_TIME:
            queues = queues[queues.index(after.queue) :]
        size = self._size(len(queues))
        bounds = _bounds(part, self.wanted.state, self.look.core.server.now)
        ways = [
            _Way(Walk(Keys(self.look.prefix, queue), part, size, *bounds, newest=self.wanted.newest))
            for queue in queues
        ]
        for way in ways:
            if after and (part in _BY_TIME or way.walk.keys.queue == after.queue):
                _start(way.walk, after)
        return ways

    def _directed(self, names: Sequence[str]) -> list[str]:
        return [*reversed(names)] if self.wanted.newest else [*names]

    def _size(self, walks: int) -> int:
        wanted = self.wanted
        narrowed = any(one is not None for one in (wanted.kind, wanted.cause, wanted.match, wanted.older_than))
        most = PAGE if narrowed or wanted.limit is None else min(PAGE, wanted.limit + 1)
        return max(LEAST, min(most, (WHOLE if wanted.whole else TOGETHER) // max(1, walks)))

    def _along(self, way: _Way, ways: Sequence[_Way]) -> Iterator[_Found]:
        """What is wanted of one walk. When it needs a page, all that have told theirs are given one with it, so that
        the number of queues costs no round trips."""
        while True:
            while not way.found and not way.walk.ended:
                self._fill([one for one in ways if not one.found and not one.walk.ended])
            if not way.found:
                return
            found, way.found = way.found, []
            yield from found

    def _fill(self, ways: Sequence[_Way]) -> None:
        with self.open() as session:
            found = pages(session, [way.walk for way in ways])
            places = [place for page in found for place in page]
            jobs = dict(zip(places, self.look.jobs(session, places, whole=self.wanted.whole), strict=True))
        for way, page in zip(ways, found, strict=True):
            way.found = [(_order(place), job) for place in page if (job := jobs[place]) and self._is_wanted(job)]

    def _is_wanted(self, job: Job) -> bool:
        wanted = self.wanted
        return (
            job.state is wanted.state
            and wanted.kind in (None, job.lane.kind)
            and wanted.cause in (None, job.cause)
            and wanted.stuck in (None, job.stuck)
            and (wanted.match is None or wanted.match.casefold() in job.error.casefold())
            and (wanted.older_than is None or self._is_older(job, wanted.older_than))
        )

    def _is_older(self, job: Job, seconds: float) -> bool:
        """One of which it is not known since when is not told to be older."""
        return job.since is not None and self.look.core.server.now / 1000 - job.since > seconds


def _start(walk: Walk, after: Place) -> None:
    """Go on after that job, which may be one of another queue at the same time."""
    if walk.keys.queue == after.queue:
        walk.start_after(after)
    elif (walk.keys.queue < after.queue) != walk.newest:
        _bound(walk, f"({after.score!r}")
    else:
        _bound(walk, repr(after.score))


def _bound(walk: Walk, score: str) -> None:
    if walk.newest:
        walk.high = score
    else:
        walk.low = score


def _order(place: Place) -> tuple[float, str, bytes]:
    return (place.score or 0.0, place.queue, place.id)


def _bounds(part: str, state: State, now: float) -> tuple[str, str]:
    """Which scores to look at: a delayed job that is due is pending."""
    last_due = (int(now) + 1) * SCORES_PER_MS - 1
    if part != "delayed" or state is State.DEAD_LETTER:
        return "-inf", "+inf"
    return ("-inf", str(last_due)) if state is State.PENDING else (str(int(now) * SCORES_PER_MS), "+inf")
