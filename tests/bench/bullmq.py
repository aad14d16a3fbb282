"""What a reading of 1,000 queues of BullMQ costs Redis, beside one PING for each queue."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter

import redis

from jobqueue_exporter.config.types import BullMQ, EngineName, Source
from jobqueue_exporter.engines.bullmq.reader import BullmqReader
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.secret import Secret
from tests.bench.report import Claim
from tests.redis_server import RedisServer

QUEUES = 1000
JOBS = 10
RUNS = 7
MOST_PINGS = 5.0
MOST_EXTRA = 2.5
"""Seconds: half of the time limit that a source has by default."""
_PER_QUEUE = "our reading of a queue, in PINGs"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that passed, and seconds that the server's processor worked."""

    wall: float
    server: float


def claims(queues: int = QUEUES, runs: int = RUNS) -> Iterator[Claim]:
    """Measures on a server of its own."""
    with RedisServer() as server, server.client() as client:
        _fill(client, queues)
        names = tuple(f"q{number}" for number in range(queues))
        settings = BullMQ(queues=names)
        reader = BullmqReader(
            Source(name="bench", dsn=Secret(server.url), engine=EngineName("bullmq"), bullmq=settings)
        )
        try:
            _read(reader)
            both = [
                (_cost(client, lambda: _read(reader)), _cost(client, lambda: _ping(server, queues)))
                for _ in range(runs)
            ]
            extra = [_cost(client, lambda: _read(reader, "dead_letters")) for _ in range(runs)]
        finally:
            reader.close()
    for what, of in (("wall time", attrgetter("wall")), ("processor time of the server", attrgetter("server"))):
        mine, theirs = (statistics.median(of(cost) for cost in costs) for costs in zip(*both, strict=True))
        ratio = mine / theirs
        yield Claim(
            f"{_PER_QUEUE}: {what}",
            f"x{ratio:.2f}  ({mine / queues * 1e6:,.0f} : {theirs / queues * 1e6:,.0f} us)",
            f"<= x{MOST_PINGS:g}",
            ratio <= MOST_PINGS,
            f"{queues:,} queues, {JOBS} jobs in each",
        )
    wall = statistics.median(cost.wall for cost in extra)
    yield Claim(
        "our reading with the dead letters of all queues: wall time",
        f"{wall * 1000:,.0f} ms",
        f"<= {MOST_EXTRA * 1000:,.0f} ms",
        wall <= MOST_EXTRA,
        f"{queues:,} queues, 2 failed jobs in each",
    )


def _fill(client: redis.Redis, queues: int) -> None:
    """Queues with jobs that wait, run, are delayed and failed."""
    now = int(time.time() * 1000)
    for number in range(queues):
        key = f"bull:q{number}"
        pipe = client.pipeline(transaction=False)
        pipe.hset(f"{key}:meta", mapping={"opts.maxLenEvents": 10_000, "version": "bullmq:6.7.0"})
        for job in range(JOBS):
            pipe.hset(f"{key}:{job}", mapping={"name": "ok", "timestamp": now, "opts": "{}", "processedOn": now})
        pipe.lpush(f"{key}:wait", 0, 1, 2, 3)
        pipe.lpush(f"{key}:active", 4, 5)
        pipe.set(f"{key}:4:lock", 1)
        pipe.set(f"{key}:5:lock", 1)
        pipe.zadd(f"{key}:delayed", {"6": (now + 10**7) * 4096, "7": (now + 10**7) * 4096 + 1})
        pipe.zadd(f"{key}:failed", {"8": now, "9": now})
        pipe.execute()


def _read(reader: BullmqReader, *extras: str) -> None:
    found = list(reader.read(Request(deadline=time.monotonic() + 60, extras=frozenset(extras))))
    assert not any(part.error for part in found)


def _ping(server: RedisServer, times: int) -> None:
    with redis.Redis(host="127.0.0.1", port=server.port, protocol=2) as client:
        for _ in range(times):
            client.ping()


def _cost(client: redis.Redis, act: Callable[[], None]) -> Cost:
    before, start = _processor(client), time.perf_counter()
    act()
    wall = time.perf_counter() - start
    return Cost(wall, _processor(client) - before)


def _processor(client: redis.Redis) -> float:
    used = client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])
