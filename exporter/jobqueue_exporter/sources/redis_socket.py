"""Sockets to a Redis that are opened within a time limit and can be shut by another thread."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from contextlib import suppress

from jobqueue_exporter.dsn.redis_url import RedisUrl


class RedisSocket:
    """One socket at a time. `cut` may come from any thread and ends whatever waits for that socket.

    It shuts a duplicate of the socket, so that it never touches a file descriptor that was closed and given to
    something else meanwhile.
    """

    def __init__(self, place: RedisUrl) -> None:
        self._place = place
        self._duplicate: socket.socket | None = None
        self._cut = False
        self._lock = threading.Lock()

    def open(self, deadline: float) -> socket.socket:
        """A connected socket, TLS and all. Raises OSError (TimeoutError at the deadline)."""
        opened = self._unix(deadline) if self._place.path else self._tcp(deadline)
        if not self._place.tls:
            return opened
        try:
            opened.settimeout(_left(deadline))
            return _context(self._place).wrap_socket(opened, server_hostname=self._place.host)
        except BaseException:
            opened.close()
            raise

    def cut(self) -> None:
        """Shut the socket, and any that is opened before `mend`."""
        with self._lock:
            self._cut = True
            if self._duplicate is not None:
                with suppress(OSError):
                    self._duplicate.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let sockets be opened again."""
        with self._lock:
            self._cut = False

    def forget(self) -> None:
        """The socket was closed."""
        with self._lock:
            if self._duplicate is not None:
                self._duplicate.close()
            self._duplicate = None

    @property
    def was_cut(self) -> bool:
        """Whether `cut` came since the last `mend`."""
        return self._cut

    def _unix(self, deadline: float) -> socket.socket:
        return self._connected(socket.AF_UNIX, self._place.path, deadline)

    def _tcp(self, deadline: float) -> socket.socket:
        """Connected to the first address of the host that answers."""
        failed: OSError = OSError("the name has no address")
        for family, _, _, _, address in socket.getaddrinfo(self._place.host, self._place.port, type=socket.SOCK_STREAM):
            try:
                return self._connected(family, address, deadline)
            except OSError as error:
                failed = error
                if self._cut:
                    break
        raise failed

    def _connected(self, family: int, address: object, deadline: float) -> socket.socket:
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            self._keep(opened)
            opened.settimeout(_left(deadline))
            opened.connect(address)  # type: ignore[arg-type]  # what getaddrinfo gave, or a path
            if family != socket.AF_UNIX:
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            opened.close()
            raise
        return opened

    def _keep(self, opened: socket.socket) -> None:
        self.forget()
        with self._lock:
            if self._cut:
                raise TimeoutError("it was stopped")
            self._duplicate = socket.socket(fileno=os.dup(opened.fileno()))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no connection in time")
    return left


def _context(place: RedisUrl) -> ssl.SSLContext:
    """What the address says of certificates. Raises OSError where a file of it cannot be used."""
    context = ssl.create_default_context(cafile=place.ca_file or None)
    if place.cert_file:
        context.load_cert_chain(place.cert_file, place.key_file or None)
    context.check_hostname = place.verify and place.check_hostname
    context.verify_mode = ssl.CERT_REQUIRED if place.verify else ssl.CERT_NONE
    return context
