"""A line to a server that is cut at a word of ours: what goes through it is looked at."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_MOST = 65_536
PATIENCE = 20.0


class Line:
    """Forwards one port to another until it has seen a word go to the server.

    `reaches`: whether that word still gets there; then the line is cut when the server answers.
    """

    def __init__(self, port: int, word: bytes, *, reaches: bool) -> None:
        self._port = port
        self._word = word
        self._reaches = reaches
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.cut = threading.Event()
        self._armed = threading.Event()
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """No more connections."""
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._port), PATIENCE)
                threading.Thread(target=self._forth, args=(near, far), daemon=True).start()
                threading.Thread(target=self._back, args=(far, near), daemon=True).start()

    def _forth(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while sent := near.recv(_MOST):
                if self._word in sent and not self.cut.is_set():
                    if self._reaches:
                        self._armed.set()
                    else:
                        self._hang_up(near, far)
                        return
                far.sendall(sent)
        self._hang_up(near, far, told=False)

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        with suppress(OSError):
            while sent := far.recv(_MOST):
                if self._armed.is_set() and not self.cut.is_set():
                    self._hang_up(near, far)
                    return
                near.sendall(sent)
        self._hang_up(near, far, told=False)

    def _hang_up(self, *ends: socket.socket, told: bool = True) -> None:
        if told:
            self.cut.set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def line(port: int, word: bytes, *, reaches: bool) -> Iterator[Line]:
    """A line to this port that is cut at this word."""
    found = Line(port, word, reaches=reaches)
    try:
        yield found
    finally:
        found.close()
