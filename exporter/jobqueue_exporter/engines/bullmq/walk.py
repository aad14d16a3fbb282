"""A way through one list or set, page by page, that stays right while jobs leave it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobqueue_exporter.engines.bullmq.counts import is_marker
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.places import LISTS, Place
from jobqueue_exporter.engines.bullmq.replies import good
from jobqueue_exporter.sources.redis import Command, Reply, Session

PAGE = 500
_ANCHORS = 50


@dataclass(slots=True)
class Walk:
    """A way through one list or set, the oldest first, or the `newest`. `low` and `high` bound the scores of a set.

    A set goes on after the score and id of the last job that was seen. A list goes on beside the entry that was seen
    last and is still there: those seen before it may have been taken meanwhile.
    """

    keys: Keys
    part: str
    size: int = PAGE
    low: str = "-inf"
    high: str = "+inf"
    newest: bool = False
    ended: bool = False
    last: tuple[float, bytes] | None = None
    page: Sequence[bytes] = ()
    anchors: list[bytes] = field(default_factory=list)
    beside: tuple[int, bytes] | None = None
    _step: int = 0

    @property
    def is_list(self) -> bool:
        """Whether it goes through a list."""
        return self.part in LISTS

    def start_after(self, place: Place) -> None:
        """Go on after this job, which is in this list or set."""
        if self.is_list:
            self.page = [place.id]
        else:
            self.last = (place.score or 0.0, place.id)

    def search(self) -> list[Command]:
        """What asks for the entries of a list by which it goes on."""
        key = self.keys.of(self.part)
        return [("LPOS", key, one, "RANK", 1 if self.newest else -1) for one in (*self.anchors, *self.page)]

    def searched(self, replies: Sequence[Reply]) -> None:
        """What the replies to `search`, or to the last of it, say of where it goes on."""
        entries = (*self.anchors, *self.page)[-len(replies) :]
        there = [(int(at), one) for at, one in zip(replies, entries, strict=True) if at is not None]
        self.beside = there[-1] if there else None

    def command(self) -> Command:
        """What asks for the next page."""
        key = self.keys.of(self.part)
        if self.is_list:
            return ("LRANGE", key, *self._indexes())
        limit = ("WITHSCORES", "LIMIT", 0, self.size << self._step)
        last = None if self.last is None else repr(self.last[0])
        if self.newest:
            return ("ZREVRANGEBYSCORE", key, last or self.high, self.low, *limit)
        return ("ZRANGEBYSCORE", key, last or self.low, self.high, *limit)

    def places(self, reply: Sequence[bytes]) -> list[Place]:
        """Where the jobs of a page are."""
        return self._of_list(reply) if self.is_list else self._of_set(reply)

    def _of_list(self, reply: Sequence[bytes]) -> list[Place]:
        """A list that has grown since its entry was found is asked again: others would be left out."""
        reply = reply if self.newest else reply[::-1]
        if self.beside is not None:
            if reply[:1] != [self.beside[1]]:
                return []
            reply = reply[1:]
        self.ended = len(reply) < self.size
        seen = set(self.page)
        self.anchors = [*self.anchors, *self.page[-1:]][-_ANCHORS:]
        self.page = reply
        fresh = (one for one in self.page if one not in seen and not is_marker(one))
        return [Place(self.keys.queue, one, self.part) for one in fresh]

    def _indexes(self) -> tuple[int, int]:
        """From where to where the next page is: the oldest entry of a list is its last."""
        if self.beside is None:
            return (0, self.size - 1) if self.newest else (-self.size, -1)
        at = self.beside[0]
        return (at, at + self.size) if self.newest else (max(0, at - self.size), at)

    def _of_set(self, reply: Sequence[bytes]) -> list[Place]:
        """Those after the last. Where all of a page are before it, as many share its score, the next is larger."""
        pairs = [(float(score), one) for one, score in zip(reply[::2], reply[1::2], strict=True)]
        fresh = [pair for pair in pairs if self.last is None or (pair < self.last if self.newest else pair > self.last)]
        self.ended = len(pairs) < self.size << self._step
        self._step = 0 if fresh else self._step + 1
        self.last = fresh[-1] if fresh else self.last
        return [Place(self.keys.queue, one, self.part, score) for score, one in fresh]


def pages(session: Session, walks: Sequence[Walk]) -> list[list[Place]]:
    """The next page of each of these, in one or two round trips. Raises redis.RedisError."""
    lists = [walk for walk in walks if walk.is_list and (walk.page or walk.anchors)]
    _find(session, lists)
    replies = good(session.replies([walk.command() for walk in walks]))
    return [walk.places(reply) for walk, reply in zip(walks, replies, strict=True)]


def _find(session: Session, lists: Sequence[Walk]) -> None:
    """Where these lists go on: by the last entry, and only where that has left by those before it."""
    quick = good(session.replies([walk.search()[-1] for walk in lists]))
    for walk, at in zip(lists, quick, strict=True):
        walk.searched([at])
    lost = [walk for walk in lists if walk.beside is None]
    asked: Mapping[int, list[Command]] = {at: walk.search() for at, walk in enumerate(lost)}
    replies = iter(good(session.replies([one for each in asked.values() for one in each])))
    for at, walk in enumerate(lost):
        walk.searched([next(replies) for _ in asked[at]])
