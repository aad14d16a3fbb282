"""BullMQ's own library for Python, which changes jobs by BullMQ's own scripts."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from redis import asyncio as aioredis

from jobqueue_exporter.dsn.redis_url import RedisUrl
from jobqueue_exporter.errors import ConfigError

if TYPE_CHECKING:
    from bullmq import Queue  # type: ignore[import-untyped]  # it has no types

T = TypeVar("T")


class Library:
    """The library on one Redis; each call has a connection and an event loop of its own."""

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

    def run(self, queue: str, act: Callable[[Queue], Awaitable[T]]) -> T:
        """What `act` returns of the queue of that name.

        Raises:
            TimeoutError: it took too long.
            redis.RedisError: Redis cannot be asked.
        """
        return asyncio.run(self._within(queue, act))

    async def _within(self, queue: str, act: Callable[[Queue], Awaitable[T]]) -> T:
        client = _client(self._place, self._timeout)
        opened = self._queue_type(queue, {"connection": client, "prefix": self._prefix})
        try:
            return await asyncio.wait_for(act(opened), self._timeout)
        finally:
            await client.aclose()


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
    )
