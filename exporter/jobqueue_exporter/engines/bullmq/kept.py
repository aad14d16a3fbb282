"""What is kept of many jobs whose places are known, in a few round trips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq import dead_letters, jobs, texts
from jobqueue_exporter.engines.bullmq.jobs import FIELDS, Kept
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.places import WAITS, Place
from jobqueue_exporter.engines.bullmq.reader import Core
from jobqueue_exporter.engines.bullmq.replies import good, of_hashes
from jobqueue_exporter.engines.causes import Causes
from jobqueue_exporter.engines.operations import Job
from jobqueue_exporter.sources.redis import Command, Session

_TEXTS = texts.TOGETHER // texts.LONGEST
"""How many texts of payloads surely fit into one look at them."""


@dataclass(frozen=True, slots=True)
class Look:
    """How jobs of one source are read. `now` is in milliseconds."""

    core: Core
    prefix: str
    causes: Causes

    def jobs(self, session: Session, places: Sequence[Place], *, whole: bool = False) -> list[Job | None]:
        """The jobs in these places, None for one that has left meanwhile. Raises redis.RedisError."""
        held = _locks(session, self.prefix, [one for one in places if one.word == "active"])
        fields = of_hashes(session.replies([("HMGET", self._key(one), *FIELDS) for one in places]))
        rows = self._rows(session, places) if whole else [None] * len(places)
        said = self._errors(session, [one for one in places if self._was_put_there(one)])
        return [
            self._job(place, Kept(fields=each, whole=row, payload_error=said.get(place, ""), locked=held.get(place)))
            if each is not None and (place.word != "active" or place in held)
            else None
            for place, each, row in zip(places, fields, rows, strict=True)
        ]

    def main(self, place: Place) -> str | None:
        """The queue whose dead letters the queue of this place holds."""
        return self.core.serves.get(place.queue)

    def _job(self, place: Place, kept: Kept) -> Job | None:
        now = self.core.server.now
        return jobs.job(place, kept, main=self.main(place), now=now, causes=self.causes)

    def _key(self, place: Place) -> bytes:
        return Keys(self.prefix, place.queue).job(place.id)

    def _was_put_there(self, place: Place) -> bool:
        return place.word in WAITS and self.main(place) is not None

    def _rows(self, session: Session, places: Sequence[Place]) -> list[Mapping[bytes, bytes] | None]:
        found = of_hashes(session.replies([("HGETALL", self._key(one)) for one in places]))
        return [None if flat is None else dict(zip(flat[::2], flat[1::2], strict=True)) for flat in found]

    def _errors(self, session: Session, places: Sequence[Place]) -> dict[Place, str]:
        """What the payloads of jobs that were put into a dead letter queue say of an error."""
        found: dict[Place, str] = {}
        for first in range(0, len(places), _TEXTS):
            some = places[first : first + _TEXTS]
            wanted = [texts.Wanted(self._key(one), ("failedReason", "data"), at) for at, one in enumerate(some)]
            read = texts.read(session, wanted)
            found |= {one: dead_letters.error(text) for one, text in zip(some, read, strict=True)}
        return found


def _locks(session: Session, prefix: str, places: Sequence[Place]) -> dict[Place, bool]:
    """Whether a worker holds the lock of each job that still runs: both are asked at one moment."""
    asked: list[Command] = []
    for one in places:
        keys = Keys(prefix, one.queue)
        asked += [("EXISTS", keys.lock(one.id)), ("LPOS", keys.of("active"), one.id)]
    if not asked:
        return {}
    executed = good(good(session.replies([("MULTI",), *asked, ("EXEC",)]))[-1])
    pairs = zip(places, executed[::2], executed[1::2], strict=True)
    return {place: bool(locked) for place, locked, at in pairs if at is not None}
