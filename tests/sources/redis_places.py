"""Connections to a Redis to read through, and servers that are none or behave badly."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from jobqueue_exporter.dsn import redis_url
from jobqueue_exporter.sources.redis import Redis

Answer = Callable[[socket.socket], None]


@contextmanager
def connected(dsn: str, *, connect_timeout: float = 20.0) -> Iterator[Redis]:
    """A source for an address, closed at the end."""
    source = Redis(redis_url.parse(dsn), connect_timeout=connect_timeout)
    try:
        yield source
    finally:
        source.close()


def ping(source: Redis, *, seconds: float = 20.0) -> object:
    """What it answers to a PING."""
    with source.session(time.monotonic() + seconds) as session:
        return session.reply("PING")


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """The address of a server that treats each connection so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        opened: list[socket.socket] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    peer, _ = listening.accept()
                    opened.append(peer)
                    threading.Thread(target=_answer, args=(answer, peer), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"redis://:s3cret@127.0.0.1:{listening.getsockname()[1]}/0"
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            for peer in opened:
                peer.close()


def always(reply: bytes) -> Answer:
    """Answers so to whatever is sent."""

    def answer(peer: socket.socket) -> None:
        while peer.recv(65_536):
            peer.sendall(reply)

    return answer


def silent(peer: socket.socket) -> None:
    """Never answers."""
    while peer.recv(65_536):
        pass


def dripping(peer: socket.socket) -> None:
    """Sends a byte now and then, and never a whole reply."""
    peer.recv(65_536)
    peer.sendall(b"$100000\r\n")
    while True:
        peer.sendall(b"x")
        threading.Event().wait(0.05)


def _answer(answer: Answer, peer: socket.socket) -> None:
    with suppress(OSError):
        answer(peer)
    with suppress(OSError):
        peer.close()
