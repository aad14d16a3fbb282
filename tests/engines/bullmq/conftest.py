"""A Redis, both versions of BullMQ on it, and our reader of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import pytest
from redis import Redis

from jobqueue_exporter.config.types import BullMQ, EngineName, Source
from jobqueue_exporter.engines.bullmq.reader import BullmqReader
from jobqueue_exporter.engines.protocol import Part, Request
from jobqueue_exporter.model import Facts, Lane, LaneJobs
from jobqueue_exporter.secret import Secret
from jobqueue_exporter.sources.redis import Command, Reply, Session
from tests.engines.bullmq.bullmq_library import VERSIONS, Library
from tests.redis_server import RedisServer


class Site:
    """One Redis that is read by us, with what it takes to fill it."""

    def __init__(self, server: RedisServer) -> None:
        self.server = server
        self.redis: Redis = server.client()
        self._readers = ExitStack()

    def source(self, *queues: str, dsn: str = "", scan: bool = False, prefix: str = "bull") -> Source:
        """It as a source."""
        settings = BullMQ(queues=queues, scan=scan, prefix=prefix)
        return Source(name="s", dsn=Secret(dsn or self.server.url), engine=EngineName("bullmq"), bullmq=settings)

    def reader(self, *queues: str, dsn: str = "", scan: bool = False, prefix: str = "bull") -> BullmqReader:
        """Our reader of these queues, closed after the test."""
        reader = BullmqReader(self.source(*queues, dsn=dsn, scan=scan, prefix=prefix))
        self._readers.callback(reader.close)
        return reader

    def facts(self, *queues: str) -> Facts:
        """What a reading with all extras finds."""
        return facts(self.reader(*queues))

    def lane(self, queue: str) -> LaneJobs:
        """What a reading finds of one queue."""
        lanes = self.facts(queue).lanes
        assert lanes is not None
        return lanes[Lane(queue)]

    def trips(self, reader: BullmqReader, *extras: str) -> tuple[Mapping[Lane, LaneJobs], int]:
        """The lanes of a reading with these extras, and how often it waited for answers."""
        lanes: Mapping[Lane, LaneJobs] = {}
        with watched() as trips:
            for part in reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset(extras))):
                assert not part.error
                lanes = (part.facts and part.facts.lanes) or lanes
        return lanes, len(trips)

    def queue(self, name: str, **jobs: Mapping[str, float]) -> None:
        """Make a queue by hand, with jobs in its sets."""
        self.redis.hset(f"bull:{name}:meta", "opts.maxLenEvents", 10_000)
        for part, members in jobs.items():
            self.redis.zadd(f"bull:{name}:{part}", dict(members))

    def job(self, queue: str, job_id: str, **fields: str | float) -> None:
        """Make a job by hand, that is in no list or set yet."""
        held: dict[str, str | float] = {"name": "ok", "timestamp": 1000}
        self.redis.hset(f"bull:{queue}:{job_id}", items=[part for pair in (held | fields).items() for part in pair])

    @contextmanager
    def between_trips(self, trip: int, act: Callable[[], object]) -> Iterator[None]:
        """Within, `act` is called after so many times that a reading waited for answers."""
        with watched(lambda trips: act() if trips == trip else None):
            yield

    def clear(self) -> None:
        """Remove all that is in it."""
        self._readers.close()
        self.redis.flushall()
        self.redis.close()


@contextmanager
def watched(after: Callable[[int], object] = lambda trips: None) -> Iterator[list[int]]:
    """How many commands went with each round trip of any session; `after` is called after each."""
    trips: list[int] = []
    replies = Session.replies

    def counted(session: Session, commands: Sequence[Command]) -> list[Reply]:
        found = replies(session, commands)
        if commands:
            trips.append(len(commands))
            after(len(trips))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "replies", counted)
        yield trips


def parts(reader: BullmqReader, *, seconds: float = 20.0) -> dict[str, Part]:
    """The parts of one reading with all extras, by collector."""
    extras = frozenset(collector.name for collector in reader.collectors)
    request = Request(deadline=time.monotonic() + seconds, extras=extras)
    return {part.collector: part for part in reader.read(request)}


def facts(reader: BullmqReader) -> Facts:
    """What a reading with all extras finds; none of its parts may fail."""
    found = Facts()
    for part in parts(reader).values():
        assert not part.error
        found = found.merged(part.facts or Facts())
    return found


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def site(redis_server: RedisServer) -> Iterator[Site]:
    site = Site(redis_server)
    yield site
    site.clear()


Start = Callable[[str], Library]


@pytest.fixture
def start(site: Site) -> Iterator[Start]:
    """Starts a process with a version of the library; it is killed after the test."""
    with ExitStack() as stack:
        yield lambda version: stack.enter_context(Library(version, site.server.url))


@pytest.fixture(params=sorted(VERSIONS))
def library(request: pytest.FixtureRequest, start: Start) -> Library:
    """Each version of the library, in a process of its own."""
    return start(request.param)
