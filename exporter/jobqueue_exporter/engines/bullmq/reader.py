"""Reads the queues of BullMQ in one Redis, in three or four round trips however many they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import redis

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.dsn import redis_url
from jobqueue_exporter.engines import causes
from jobqueue_exporter.engines.bullmq import counts as counting
from jobqueue_exporter.engines.bullmq import dead_letters, details, lanes, server, workers
from jobqueue_exporter.engines.bullmq.counts import Counts
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.lanes import Found, Requeued
from jobqueue_exporter.engines.bullmq.queues import Queues
from jobqueue_exporter.engines.bullmq.scan import Scan
from jobqueue_exporter.engines.bullmq.server import Server
from jobqueue_exporter.engines.protocol import Collector, Part, Request, Statement, Tier
from jobqueue_exporter.errors import Refused, SourceError
from jobqueue_exporter.model import Facts, Signal
from jobqueue_exporter.sources.redis import Command, Redis, Session
from jobqueue_exporter.sources.redis_errors import explained

SIGNALS = frozenset({Signal.STUCK, Signal.WORKERS, Signal.PAUSE, Signal.CAUSES})
SAMPLES_TOGETHER = 10_000
LEAST_SAMPLE, MOST_SAMPLE = 200, 1000
FIRST_SCAN, LATER_SCAN = 0.5, 0.2
"""Which part of the time left a look for queues may take: before the first reading of them, and later."""


@dataclass(frozen=True, slots=True)
class Core:
    """What the core of a reading found."""

    server: Server
    found: Mapping[str, Found]
    serves: Mapping[str, str]

    @property
    def mains(self) -> list[str]:
        """The queues that are not the dead letter queue of another."""
        return [queue for queue in self.found if queue not in self.serves]


class BullmqReader:
    """The queues of one prefix in one Redis."""

    engine = "bullmq"

    def __init__(self, source: Source, connection: Redis | None = None) -> None:
        place = redis_url.parse(source.dsn)
        self._settings = source.bullmq
        self._redis = connection or Redis(place, connect_timeout=source.timeout)
        self._notices = place.notices
        self._db = place.db
        self._causes = causes.causes(source.causes)
        self._queues = Queues(source.bullmq)
        self._scan = Scan(source.bullmq.prefix) if source.bullmq.scan and not source.bullmq.queues else None
        self._requeued = Requeued()

    @property
    def collectors(self) -> Sequence[Collector]:
        """The collectors of this source."""
        scan = (Collector("queues", Tier.EXTRA),) if self._scan else ()
        core = (Collector("jobs", Tier.CORE), Collector("workers", Tier.CORE))
        return (*core, Collector("dead_letters", Tier.EXTRA), *scan)

    @property
    def signals(self) -> Mapping[Signal, bool]:
        """What this source can tell."""
        return {signal: signal in SIGNALS for signal in Signal}

    @property
    def queues(self) -> list[str]:
        """The queues that are known by now."""
        return self._queues.known

    def read(self, request: Request) -> Iterator[Part]:
        """One part for each collector that is due, core first. Raises SourceError."""
        with self._redis.session(request.deadline) as session:
            yield from self._parts(session, request)

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """The commands that `read` sends, by sending them; Redis has no plans to explain. Raises SourceError."""
        found: list[Statement] = []
        with self._redis.session(request.deadline) as session:
            for part in self._parts(session, request):
                found += [Statement(part.collector, _text(one)) for one in session.sent[len(found) :]]
        return found

    def stop(self) -> None:
        """End a reading under way from another thread."""
        self._redis.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._redis.close()

    def core(self, session: Session, deadline: float) -> Core:
        """What there is to know of all queues. Raises SourceError and redis.RedisError."""
        self._first_scan(session, deadline)
        return self._core(session)

    def _parts(self, session: Session, request: Request) -> Iterator[Part]:
        scanned = self._first_scan(session, request.deadline)
        start = time.perf_counter()
        core = self._core(session)
        yield Part(collector="jobs", seconds=time.perf_counter() - start, facts=self._jobs(core))
        yield _part("workers", lambda: _workers(core))
        if "dead_letters" in request.extras:
            yield _part("dead_letters", lambda: self._dead_letters(session, core))
        if self._scan and "queues" in request.extras:
            yield _part("queues", lambda: self._look(session, request.deadline, again=not scanned))

    def _first_scan(self, session: Session, deadline: float) -> bool:
        """Whether keys were looked through: until all of them have been, and again while no queue is known."""
        if self._scan is None or not self._scan.due or (self._scan.complete and self._queues.known):
            return False
        self._queues.find(self._scan.names(session, _share(deadline, FIRST_SCAN)))
        return True

    def _look(self, session: Session, deadline: float, *, again: bool) -> Facts:
        if self._scan and again:
            self._queues.find(self._scan.names(session, _share(deadline, LATER_SCAN)))
        return Facts()

    def _core(self, session: Session) -> Core:
        now = server.read(session, self._settings.prefix, self._db)
        self._queues.find(now.connected.queues if now.connected else ())
        names = self._queues.to_read()
        sample = max(LEAST_SAMPLE, min(MOST_SAMPLE, SAMPLES_TOGETHER // max(1, len(names))))
        counts = details.with_starved(session, self._settings.prefix, self._counts(session, names, now, sample))
        found = self._details(session, counts, sample)
        self._requeued.see(found, now.now)
        return Core(now, found, self._queues.serves(found))

    def _counts(self, session: Session, names: Sequence[str], now: Server, sample: int) -> dict[str, Counts]:
        asked: list[Command] = []
        for queue in names:
            beside, dead = self._queues.beside(queue), self._queues.may_hold_dead(queue)
            asked += counting.commands(self._keys(queue), now.now, sample, beside, holds_dead=dead)
        replies = session.replies(asked)
        read = {
            queue: counting.counts(replies[at * counting.LENGTH : (at + 1) * counting.LENGTH], queue)
            for at, queue in enumerate(names)
        }
        connected = now.connected.queues if now.connected else ()
        there = self._queues.learn({queue: one for queue, one in read.items() if one is not None}, connected)
        if not any(one.exists for one in there.values()) and not connected:
            raise Refused(self._nothing(now))
        return there

    def _details(self, session: Session, counts: Mapping[str, Counts], sample: int) -> dict[str, Found]:
        main = {queue: self._keys(of) for queue, of in self._queues.serves(counts).items()}
        asked = {
            queue: details.commands(self._keys(queue), one, sample, main.get(queue)) for queue, one in counts.items()
        }
        replies = iter(session.replies([command for each in asked.values() for command in each]))
        return {
            queue: Found(one, details.details([next(replies) for _ in asked[queue]], one, queue, main.get(queue)))
            for queue, one in counts.items()
        }

    def _jobs(self, core: Core) -> Facts:
        found = core.found
        versions = sorted({each.counts.version.removeprefix("bullmq:") for each in found.values()} - {""})
        return Facts(
            lanes=lanes.lanes(found, core.serves, self._requeued, core.server.now),
            empty_lane=lanes.EMPTY,
            capped=lanes.capped(found, core.serves),
            paused={queue: found[queue].counts.paused for queue in core.mains},
            version=core.server.version + (f", bullmq {', '.join(versions)}" if versions else ""),
            clock=core.server.now / 1000,
            notices=(*self._notices, *self._missing(found), *self._unfinished(), *_beyond(core)),
        )

    def _dead_letters(self, session: Session, core: Core) -> Facts:
        counts = {queue: each.counts for queue, each in core.found.items()}
        prefix, now = self._settings.prefix, core.server.now
        read = dead_letters.read(session, prefix, counts, core.serves, self._causes, now)
        return Facts(dead_letters=read, dead_letter_windows=(dead_letters.WINDOW,))

    def _missing(self, found: Mapping[str, Found]) -> Iterator[str]:
        for queue in self._settings.queues:
            there = queue in found and found[queue].counts.exists
            # An empty dead letter queue is as it should be.
            if not there and not self._queues.may_hold_dead(queue):
                yield f"queue {queue}: nothing was put into it yet under the prefix {self._settings.prefix}"

    def _unfinished(self) -> Iterator[str]:
        if self._scan and not self._scan.complete:
            yield "these are the queues found so far: not all keys were looked through yet"

    def _nothing(self, now: Server) -> str:
        prefix = f"no queue of BullMQ with the prefix {self._settings.prefix} is in database {self._db}"
        if self._settings.queues:
            return f"{prefix} by the names under bullmq.queues: are names, bullmq.prefix and the database number right?"
        why = "no worker is connected" if now.connected else f"connections cannot be listed ({now.unlisted})"
        if self._scan is None:
            return f"{prefix}: {why}; name the queues under bullmq.queues, or set bullmq.scan to look through all keys"
        so_far = "no key is of one" if self._scan.complete else "none was found so far, and the search goes on"
        return f"{prefix}: {why} and {so_far}; set bullmq.prefix if theirs is another, or name them in bullmq.queues"

    def _keys(self, queue: str) -> Keys:
        return Keys(self._settings.prefix, queue)


def _part(name: str, read: Callable[[], Facts]) -> Part:
    start = time.perf_counter()
    try:
        facts = read()
    except (SourceError, redis.ResponseError) as error:
        return Part(collector=name, seconds=time.perf_counter() - start, error=str(explained(error)))
    return Part(collector=name, seconds=time.perf_counter() - start, facts=facts)


def _workers(core: Core) -> Facts:
    if core.server.connected is None:
        raise Refused(f"its connections cannot be listed ({core.server.unlisted}), and workers are known by them only")
    connected = core.server.connected
    queues = [queue for queue in core.found if queue not in core.serves or connected.workers[queue]]
    return Facts(workers=workers.workers(connected, queues))


def _beyond(core: Core) -> Iterator[str]:
    if queues := lanes.unlocked_beyond(core.found):
        yield f"stuck jobs are told low: more jobs run than are looked at one by one, in {_some(queues)}"
    if queues := lanes.unsplit(core.found):
        yield f"retrying jobs may be told as scheduled: more are delayed than are looked at, in {_some(queues)}"
    if queues := lanes.unmatched(core.found, core.serves):
        yield (
            "dead letters may be told twice: ids that BullMQ gave do not say which are copies of failed jobs, in "
            f"{_some(queues)}; give a copy the id of its job"
        )


def _some(queues: Sequence[str]) -> str:
    return ", ".join(sorted(queues)[:5])


def _share(deadline: float, part: float) -> float:
    now = time.monotonic()
    return now + max(0.0, deadline - now) * part


def _text(command: Command) -> str:
    return " ".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in command)
