"""One client: its handshake, its requests, and what happens when it keeps us waiting."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Protocol, cast

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config as Hypercorn
from hypercorn.typing import ASGIFramework, LifespanState
from starlette.types import ASGIApp, Receive, Scope, Send

from jobqueue_exporter.web.answer import Answer
from jobqueue_exporter.web.limits import Limits
from jobqueue_exporter.web.tls import Tls

log = logging.getLogger(__name__)


class House(Protocol):
    """What a connection needs of the server that it belongs to."""

    app: ASGIApp
    limits: Limits
    hypercorn: Hypercorn
    tls: Callable[[], Tls | None]

    def leaving(self, tls: Tls | None) -> bool:
        """Whether a connection made under `tls` should end after its next response."""


class _Line(asyncio.StreamReaderProtocol):
    """A line to a client; `left` is set once nothing more will come from it."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__(reader, loop=asyncio.get_running_loop())
        self.left = asyncio.Event()

    def eof_received(self) -> bool | None:
        self.left.set()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.left.set()
        super().connection_lost(exc)


class Connection:
    """An accepted TCP connection.

    `waiting_since` is None while it is the client that waits; `kept` after its first response.
    """

    def __init__(self, sock: socket.socket, house: House) -> None:
        self.waiting_since: float | None = None
        self.kept = False
        self.tls = house.tls()
        self._house = house
        self._sock = sock
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._work: asyncio.Task[object] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing that the client asked for is still to come."""
        line = self._transport
        # The transport of a TLS client that has left cannot be asked.
        unsent = line is not None and not line.is_closing() and line.get_write_buffer_size() > 0
        return self._work is None and not unsent

    def start(self) -> asyncio.Task[None]:
        """Begin to serve this client; the task ends with the connection."""
        self._task = asyncio.create_task(self._run())
        self._wait(self._house.limits.request)
        return self._task

    def abort(self) -> None:
        """Cut the line, and stop what is done for this client."""
        if self._work is not None:
            self._work.cancel()
        if self._transport is not None:
            self._cut(self._transport)
        elif self._task is not None:
            self._task.cancel()

    def _cut(self, line: asyncio.Transport) -> None:
        try:
            line.abort()
        except AttributeError:
            # The TLS transport of Python 3.11.0 to 3.11.3 forgets its protocol when it is closed twice.
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    async def _run(self) -> None:
        try:
            reader, writer, left = await self._open()
            if self.tls is not None and not self.tls.admits(writer.get_extra_info("ssl_object")):
                self.abort()
                return
            await self._speak(reader, writer, left)
        except Exception as error:
            # Not only OSError: hypercorn stumbles over odd upgrades to HTTP/2, and a client must not
            # be able to fill the log.
            log.debug("client dropped: %r", error)
        finally:
            self._stop_waiting()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, asyncio.Event]:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        line = _Line(reader)
        # Headers and body are two writes; without this the second one waits 40 ms for an acknowledgement.
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport, _ = await loop.connect_accepted_socket(
            lambda: line,
            self._sock,
            ssl=self.tls.context if self.tls else None,
            ssl_handshake_timeout=self._house.limits.request if self.tls else None,
            ssl_shutdown_timeout=self._house.limits.ending if self.tls else None,
        )
        self._transport = transport
        return reader, asyncio.StreamWriter(transport, line, reader, loop), line.left

    async def _speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: asyncio.Event) -> None:
        # Starlette and hypercorn describe the same protocol, in types that do not know each other.
        app = ASGIWrapper(cast("ASGIFramework", self._serve))
        loop, context = asyncio.get_running_loop(), WorkerContext(None)
        farewell = asyncio.create_task(self._farewell(left, context))
        try:
            await TCPServer(app, loop, self._house.hypercorn, context, LifespanState({}), reader, writer)
        finally:
            farewell.cancel()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        # hypercorn takes up HTTP/2 and WebSocket from any client that asks for them; we offer neither.
        if scope["type"] != "http" or scope["http_version"] == "2":
            self.abort()
            return
        answer = Answer(send, begun=self._sending, last=self._last)
        began = perf_counter()
        self._work = asyncio.current_task()
        self._stop_waiting()
        try:
            await self._house.app(scope, receive, answer.send)
        except Exception as error:
            log.error("%s %r failed: %r", scope["method"], scope["path"], error)
            log.debug("its traceback", exc_info=True)
            if not await answer.fail():
                self.abort()
        finally:
            self._work, self.kept = None, True
            self._wait(self._house.limits.idle)
            took = perf_counter() - began
            log.debug("%s %r %d %.3fs", scope["method"], scope["path"], answer.status, took)

    async def _farewell(self, left: asyncio.Event, context: WorkerContext) -> None:
        await left.wait()
        # Not gone for sure: it may only have said that it will send no more. But others go before.
        self.waiting_since = self.waiting_since or asyncio.get_running_loop().time()
        # Else hypercorn keeps all it has of this client until its keep-alive timer.
        await context.terminated.set()

    def _last(self) -> bool:
        return self._house.leaving(self.tls)

    def _sending(self) -> None:
        self._wait(self._house.limits.response)

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        loop = asyncio.get_running_loop()
        self.waiting_since = loop.time()
        self._timer = loop.call_later(seconds, self.abort)

    def _stop_waiting(self) -> None:
        self.waiting_since = None
        if self._timer is not None:
            self._timer.cancel()
