"""Ends a query that must not go on: asks the server to cancel it, then cuts the line."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import Any

import psycopg

CANCEL_SECONDS = 1.0


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
