"""Waiting for something that must come true soon."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def until(true: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Return as soon as `true()` holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so within {seconds:g} s"
        threading.Event().wait(0.02)
