"""Ends a query that must not go on: asks the server to cancel it, then cuts the line."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

CANCEL_SECONDS = 1.0


@contextmanager
def at_the_latest(deadline: float, stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` if the block lasts a second longer than `deadline` (on time.monotonic()).

    The server itself ends queries at the deadline; this is for one that does not answer any more.
    """
    timer = threading.Timer(max(0.0, deadline - time.monotonic()) + CANCEL_SECONDS, stop)
    timer.name, timer.daemon = "overdue", True
    with suppress(RuntimeError):  # no thread to be had: then only others can stop it
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def cancel_then_cut(connection: psycopg.Connection[Any], busy: threading.Event) -> None:
    """Cancel in the background; a second later, if `busy` is still set, shut the socket.

    Returns at once. Cancelling is a connection of its own and can hang as long as the server does,
    so the cut never waits for it.
    """
    threading.Thread(target=_cancel, args=(connection,), name="cancel", daemon=True).start()
    timer = threading.Timer(CANCEL_SECONDS, _cut, args=(connection, busy))
    timer.name, timer.daemon = "cut", True
    timer.start()


def _cancel(connection: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.Error, OSError):
        connection.cancel_safe(timeout=CANCEL_SECONDS)


def _cut(connection: psycopg.Connection[Any], busy: threading.Event) -> None:
    if not busy.is_set():
        return
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
