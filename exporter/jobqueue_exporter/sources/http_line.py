"""The sockets of HTTP requests, which another thread or a watchdog can shut."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Line:
    """What one reading is connected by. `requests` bounds each wait, but not all of them together."""

    def __init__(self) -> None:
        self.stopped = False
        self.overdue = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._turn = 0

    @property
    def ended(self) -> bool:
        """Whether the request under way has come to its end from outside."""
        return self.overdue or self.stopped

    @contextmanager
    def until(self, deadline: float) -> Iterator[None]:
        """Shut all sockets when the block lasts longer than `deadline` (on time.monotonic())."""
        with self._lock:
            self._turn, self.overdue = self._turn + 1, False
            timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._expire, args=(self._turn,))
        timer.name, timer.daemon = "overdue-http", True
        with suppress(RuntimeError):  # no thread to be had: then each wait still has its own limit
            timer.start()
        token = _LINE.set(self)
        try:
            yield
        finally:
            _LINE.reset(token)
            timer.cancel()
            with self._lock:
                self._turn += 1

    def stop(self) -> None:
        """Shut all sockets, now and to come."""
        with self._lock:
            self.stopped = True
            self._shut()

    def close(self) -> None:
        """Forget all sockets."""
        with self._lock:
            self._forget()

    def connected(self, host: str, port: int, seconds: float | None) -> socket.socket:
        """A socket that is connected to the first address of the host that answers. Raises OSError."""
        problem = OSError("the host has no address")
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        if self.overdue:
            raise socket.gaierror("resolved too late")
        for family, kind, protocol, _, address in places:
            found = socket.socket(family, kind, protocol)
            try:
                found.settimeout(seconds)
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._watch(found)
                found.connect(address)
                return found
            except OSError as error:
                found.close()
                if self.ended:
                    raise TimeoutError from None
                # That nobody listens says more than that an address cannot be reached from here.
                if not isinstance(problem, ConnectionRefusedError):
                    problem = error
        raise problem

    def _watch(self, found: socket.socket) -> None:
        """Keep a second handle: TLS takes the first away."""
        with self._lock:
            if self.stopped or self.overdue:
                raise TimeoutError
            self._sockets.append(socket.socket(fileno=os.dup(found.fileno())))

    def _expire(self, turn: int) -> None:
        with self._lock:
            if turn == self._turn:
                self.overdue = True
                self._shut()

    def _shut(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._forget()

    def _forget(self) -> None:
        for each in self._sockets:
            each.close()
        self._sockets.clear()


_LINE: ContextVar[Line] = ContextVar("line")
"""The line of the request under way, since nothing can be handed down to where the library connects."""


def _connected(connection: HTTPConnection) -> socket.socket:
    seconds = connection.timeout if isinstance(connection.timeout, int | float) else None
    return _LINE.get().connected(connection.host.strip("[]"), connection.port, seconds)


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class WatchedAdapter(HTTPAdapter):
    """Sends requests over the line that they are made within."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **settings: Any) -> None:
        """Use connections that are watched."""
        super().init_poolmanager(connections, maxsize, block, **settings)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
