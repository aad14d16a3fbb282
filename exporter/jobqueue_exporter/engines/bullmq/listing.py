"""Which jobs are in a state, the oldest of each list and set first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobqueue_exporter.engines.bullmq import jobs
from jobqueue_exporter.engines.bullmq.counts import SCORES_PER_MS
from jobqueue_exporter.engines.bullmq.jobs import LISTS, Place
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.reader import Core
from jobqueue_exporter.engines.bullmq.replies import good
from jobqueue_exporter.engines.operations import Job, Wanted
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.redis import Command, Reply, Session

_HELD: Mapping[State, tuple[str, ...]] = {
    State.PENDING: ("wait", "paused", "prioritized", "delayed"),
    State.SCHEDULED: ("delayed",),
    State.RETRYING: ("delayed",),
    State.BLOCKED: ("waiting-children",),
    State.RUNNING: ("active",),
    State.DEAD_LETTER: ("failed",),
}
_OF_DEAD_LETTER_QUEUE: Mapping[State, tuple[str, ...]] = {
    State.DEAD_LETTER: ("wait", "paused", "prioritized", "delayed", "waiting-children", "failed"),
    State.RUNNING: ("active",),
}
PAGE = 500
LOOKED_AT = 10_000
"""How many jobs of one list or set are looked at to find those that are wanted."""


@dataclass(slots=True)
class _Walk:
    """A way through one list or set, page by page. `low` and `high` bound the scores of a set."""

    keys: Keys
    part: str
    wanted: int
    low: str = "-inf"
    high: str = "+inf"
    seen: int = 0
    found: dict[str, Job] = field(default_factory=dict)
    ended: bool = False

    def command(self) -> Command:
        """What asks for the next page."""
        if self.part in LISTS:
            return ("LRANGE", self.keys.of(self.part), -self.seen - PAGE, -self.seen - 1)
        bounds = (self.low, self.high, "WITHSCORES", "LIMIT", self.seen, PAGE)
        return ("ZRANGEBYSCORE", self.keys.of(self.part), *bounds)

    def places(self, reply: Sequence[bytes]) -> list[Place]:
        """Where the jobs of a page are."""
        queue, part = self.keys.queue, self.part
        if part in LISTS:
            self._went(len(reply))
            return [Place(queue, one, part) for one in reversed(reply) if not one.startswith(b"0:")]
        self._went(len(reply) // 2)
        return [Place(queue, one, part, float(score)) for one, score in zip(reply[::2], reply[1::2], strict=True)]

    def keep(self, found: Job) -> None:
        """One of the page is wanted; it may come twice where the list grew meanwhile."""
        if len(self.found) < self.wanted:
            self.found[found.id] = found
        self.ended = self.ended or len(self.found) >= self.wanted

    def _went(self, page: int) -> None:
        self.seen += page
        self.ended = page < PAGE or self.seen >= LOOKED_AT


def listed(session: Session, core: Core, prefix: str, wanted: Wanted) -> list[Job]:
    """The jobs that are wanted, as many of each list and set at most. Raises redis.RedisError.

    Pages of all queues are asked for together, so that their number costs no round trips.
    """
    walks = _walks(core, prefix, wanted)
    while under_way := [walk for walk in walks if not walk.ended]:
        replies = good(session.replies([walk.command() for walk in under_way]))
        pages = [walk.places(reply) for walk, reply in zip(under_way, replies, strict=True)]
        hashes = iter(jobs.hashes(session, prefix, [place for page in pages for place in page]))
        for walk, page in zip(under_way, pages, strict=True):
            for place, fields in zip(page, hashes, strict=False):
                if found := _wanted(place, fields, core, wanted):
                    walk.keep(found)
    return list({one.id: one for walk in walks for one in walk.found.values()}.values())


def _walks(core: Core, prefix: str, wanted: Wanted) -> list[_Walk]:
    queues = [queue for queue in core.found if wanted.queue in (None, queue, core.serves.get(queue))]
    return [
        _Walk(Keys(prefix, queue), part, wanted.limit, *_bounds(part, wanted.state, core.server.now))
        for queue in queues
        for part in (_OF_DEAD_LETTER_QUEUE if queue in core.serves else _HELD).get(wanted.state, ())
    ]


def _bounds(part: str, state: State, now: float) -> tuple[str, str]:
    """Which scores to look at: a delayed job that is due is pending."""
    last_due = (int(now) + 1) * SCORES_PER_MS - 1
    if part != "delayed" or state is State.DEAD_LETTER:
        return "-inf", "+inf"
    return ("-inf", str(last_due)) if state is State.PENDING else (str(int(now) * SCORES_PER_MS), "+inf")


def _wanted(place: Place, fields: Reply, core: Core, wanted: Wanted) -> Job | None:
    if wanted.kind and fields[0] != wanted.kind.encode():
        return None
    found = jobs.job(place, fields, main=core.serves.get(place.queue), now=core.server.now)
    return found if found and found.state is wanted.state else None
