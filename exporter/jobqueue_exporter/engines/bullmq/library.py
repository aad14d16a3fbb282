"""BullMQ's own library for Python, which changes jobs by BullMQ's own scripts."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import redis
from redis import asyncio as aioredis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from jobqueue_exporter.dsn.redis_url import RedisUrl
from jobqueue_exporter.errors import ConfigError

if TYPE_CHECKING:
    from bullmq import Queue  # type: ignore[import-untyped]  # it has no types

T = TypeVar("T")


class Moved(Exception):
    """A key that was watched has changed, so that nothing was done."""


class Unsure(Exception):
    """The connection broke while changes were being committed; they may be in force or not."""


class Transaction:
    """What the library is told goes into one transaction, which fails when a key that was watched has changed."""

    def __init__(self, queues: Callable[[str], Queue], pipe: Pipeline, run: Callable[[Awaitable[Any]], Any]) -> None:
        self.queue = queues
        self.pipe = pipe
        self._run = run

    def raw(self, key: bytes) -> dict[str, str]:
        """A hash as the library takes it, read before anything is written. Raises redis.RedisError."""
        found: dict[str, str] = self._run(self.pipe.hgetall(key))
        return found

    def commit(self, acts: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
        """What Redis replied to all that these told the library, one reply or error each.

        Raises:
            Moved: a key that was watched has changed; nothing was done.
            Unsure: the connection broke meanwhile.
            redis.ResponseError: Redis refuses one of the commands; nothing was done.
        """
        self.pipe.multi()  # type: ignore[no-untyped-call]  # the driver's
        for act in acts:
            self._run(_awaited(act))
        try:
            replies: list[Any] = self._run(self.pipe.execute(raise_on_error=False))
        except redis.WatchError as error:
            raise Moved from error
        except redis.ResponseError:
            raise
        except (redis.RedisError, OSError) as error:
            raise Unsure from error
        return replies


class Opened:
    """The library on one connection, with its own event loop."""

    def __init__(self, queue_type: type[Queue], client: aioredis.Redis, prefix: str, run: Callable[..., Any]) -> None:
        self._queue_type = queue_type
        self._prefix = prefix
        self._run = run
        self._queues: dict[str, Queue] = {}
        # The library takes a pipeline for a connection: its scripts then join the transaction.
        self._pipe: Pipeline = client.pipeline(transaction=True)

    @contextmanager
    def transaction(self, watched: Sequence[bytes]) -> Iterator[Transaction]:
        """A transaction that fails when one of these keys is changed before it ends. Raises redis.RedisError."""
        try:
            self._run(self._pipe.watch(*watched))
            yield Transaction(self._queue, self._pipe, self._run)
        finally:
            with suppress(redis.RedisError, OSError):
                self._run(self._pipe.reset())  # type: ignore[no-untyped-call]  # the driver's

    def _queue(self, name: str) -> Queue:
        if name not in self._queues:
            self._queues[name] = self._queue_type(name, {"connection": self._pipe, "prefix": self._prefix})
        return self._queues[name]


class Library:
    """The library on one Redis."""

    def __init__(self, place: RedisUrl, prefix: str, timeout: float) -> None:
        try:
            import bullmq
        except ModuleNotFoundError as error:
            raise ConfigError(
                "changing jobs of BullMQ needs its library: pip install 'jobqueue-exporter[bullmq]'"
            ) from error
        self._queue_type = bullmq.Queue
        self._place = place
        self._prefix = prefix
        self._timeout = timeout

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """The library with a connection, which is made when it is first needed."""
        with asyncio.Runner() as runner:

            def run(act: Awaitable[T]) -> T:
                return runner.run(_within(act, self._timeout))

            client = _client(self._place, self._timeout)
            try:
                yield Opened(self._queue_type, client, self._prefix, run)
            finally:
                with suppress(redis.RedisError, OSError):
                    run(client.aclose())


async def _within(act: Awaitable[T], seconds: float) -> T:
    return await asyncio.wait_for(act, seconds)


async def _awaited(act: Callable[[], Awaitable[Any]]) -> None:
    await act()


def _client(place: RedisUrl, timeout: float) -> aioredis.Redis:
    where: dict[str, Any] = {"unix_socket_path": place.path} if place.path else {"host": place.host, "port": place.port}
    if place.tls:
        where |= {
            "ssl": True,
            "ssl_ca_certs": place.ca_file or None,
            "ssl_certfile": place.cert_file or None,
            "ssl_keyfile": place.key_file or None,
            "ssl_cert_reqs": ssl.CERT_REQUIRED if place.verify else ssl.CERT_NONE,
            "ssl_check_hostname": place.verify and place.check_hostname,
        }
    return aioredis.Redis(
        **where,
        db=place.db,
        username=place.user or None,
        password=str(place.password) or None,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        decode_responses=True,
        client_name="jobqueue_exporter",
        protocol=2,
        # A transaction that is sent again after its connection broke would be done twice.
        retry=Retry(NoBackoff(), 0, ()),
    )
