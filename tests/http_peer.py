"""An HTTP server that says byte by byte what a test wants."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

PATIENCE = 20.0
"""Seconds after which a peer stops waiting for the end of its test."""


class Talk:
    """One connection to the peer, whose request has been read."""

    def __init__(self, line: socket.socket, request: bytes, ended: threading.Event) -> None:
        self.line = line
        self.request = request.decode("latin-1")
        self.ended = ended

    @property
    def path(self) -> str:
        return self.request.split(" ", 2)[1]

    def say(self, data: bytes) -> None:
        self.line.sendall(data)

    def hang(self) -> None:
        """Say nothing more until the test ends."""
        self.ended.wait(PATIENCE)

    def drip(self, data: bytes) -> None:
        """Say the same again and again, slowly, until the other side hangs up or the test ends."""
        while not self.ended.wait(0.02):
            self.say(data)

    def reset(self) -> None:
        """Hang up the hard way."""
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


Script = Callable[[Talk], None]


class Peer:
    """Listens on a free port from entering to leaving; `asked` has the text of every request."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self._script = script
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self.asked: list[str] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Peer:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _start(self, what: Callable[[], None]) -> None:
        thread = threading.Thread(target=what, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self._start(lambda line=line: self._talk(line))  # type: ignore[misc]  # a default that binds now

    def _talk(self, line: socket.socket) -> None:
        with suppress(OSError), line:
            line.settimeout(PATIENCE)
            talking = self._context.wrap_socket(line, server_side=True) if self._context else line
            with talking:
                request = _request(talking)
                self.asked.append(request.decode("latin-1"))
                self._script(Talk(talking, request, self._ended))


def _request(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = line.recv(65536)
        if not chunk:
            return b""
        if chunk.startswith(b"\x16"):  # a client that speaks TLS waits for us
            return chunk
        data += chunk
    return data


def answer(body: bytes | object, status: str = "200 OK", *headers: str) -> bytes:
    """A whole answer; a body that is no bytes is written as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + content


def says(body: bytes | object, status: str = "200 OK", *headers: str) -> Script:
    """A peer that always answers the same."""
    return lambda talk: talk.say(answer(body, status, *headers))
