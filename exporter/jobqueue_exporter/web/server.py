"""Accepts clients, makes room when they are too many, and sees them off at the end."""

from __future__ import annotations

import asyncio
import logging
import socket
from asyncio.sslproto import SSLProtocol
from collections.abc import Callable

from hypercorn.config import Config as Hypercorn
from starlette.types import ASGIApp

from jobqueue_exporter.web.connection import Connection
from jobqueue_exporter.web.limits import Limits
from jobqueue_exporter.web.tls import Tls

log = logging.getLogger(__name__)

HEADER_BYTES = 16 * 1024
TLS_RECORD_BYTES = 16 * 1024
AN_HOUR = 3600
CUT_SECONDS = 0.1


def _hypercorn() -> Hypercorn:
    config = Hypercorn()
    config.errorlog = log
    config.include_server_header = False
    config.h11_max_incomplete_size = HEADER_BYTES
    # Timing clients is Connection's work: hypercorn has no limit for one that does not take its response.
    config.keep_alive_timeout = AN_HOUR
    # A full queue of body parts would deadlock hypercorn; what we do not read is dropped with the connection.
    config.max_app_queue_size = 0
    return config


class Server:
    """The clients of one listening socket."""

    def __init__(self, app: ASGIApp, limits: Limits, tls: Callable[[], Tls | None]) -> None:
        # asyncio sets aside 256 KiB for each TLS client; no TLS record is larger than this, and a client
        # then costs 0.1 MB instead of 0.5.
        SSLProtocol.max_size = TLS_RECORD_BYTES
        self.app = app
        self.limits = limits
        self.tls = tls
        self.hypercorn = _hypercorn()
        self._ending = False
        self._clients: dict[Connection, asyncio.Task[None]] = {}

    def leaving(self, tls: Tls | None) -> bool:
        """Whether a connection made under `tls` should end after its next response."""
        return self._ending or tls is not self.tls()

    async def accept(self, listener: socket.socket) -> None:
        """Serve the clients of `listener` until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock, _ = await loop.sock_accept(listener)
            except OSError as error:
                log.warning("cannot accept a client: %s", error)
                self._make_room()
                await asyncio.sleep(0.1)
                continue
            if len(self._clients) < self.limits.clients or self._make_room():
                self._welcome(sock)
            else:
                sock.close()
            # A flood of clients must not keep the loop from those that are already here.
            await asyncio.sleep(0)

    async def end(self) -> None:
        """Let responses under way finish, for a moment; then cut every line."""
        self._ending = True
        self._cut([each for each in self._clients if each.idle])
        tasks = list(self._clients.values())
        if tasks:
            await asyncio.wait(tasks, timeout=self.limits.ending)
            self._cut(list(self._clients))
            # hypercorn ends quietly only when it has seen that the client is gone.
            await asyncio.wait(tasks, timeout=CUT_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def clients(self) -> int:
        """How many clients there are now."""
        return len(self._clients)

    def recheck(self) -> None:
        """Part with clients that another TLS configuration let in than is in force now.

        Those that wait for a response get it first, and those that have just come get their one.
        """
        now = self.tls()
        kept = [each for each in self._clients if each.idle and each.kept]
        self._cut([each for each in kept if not _same_trust(each.tls, now)])

    def _cut(self, clients: list[Connection]) -> None:
        for client in clients:
            client.abort()

    def _welcome(self, sock: socket.socket) -> None:
        client = Connection(sock, self)
        task = client.start()
        self._clients[client] = task
        task.add_done_callback(lambda _: self._clients.pop(client, None))

    def _make_room(self) -> bool:
        waiting = [(each.waiting_since, each) for each in self._clients if each.waiting_since is not None]
        if not waiting:
            return False
        _, client = min(waiting, key=lambda pair: pair[0])
        del self._clients[client]
        client.abort()
        return True


def _same_trust(then: Tls | None, now: Tls | None) -> bool:
    return then is now or (then is not None and then.trusts_as(now))
