"""Scrapes first: long work in threads rests while one is under way, as only one thread runs Python at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LONGEST_SECONDS = 1.0
"""So long rests one piece of work in all: a source that answers late must not keep pages from being made."""


class Courtesy:
    """Knows whether a scrape is under way."""

    def __init__(self) -> None:
        self._scrapes = 0
        self._idle = threading.Event()
        self._idle.set()

    @contextmanager
    def first(self) -> Iterator[None]:
        """Have others rest until the end of the block. For the event loop only."""
        self._scrapes += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._scrapes -= 1
            if not self._scrapes:
                self._idle.set()

    def rests(self, seconds: float = LONGEST_SECONDS) -> Callable[[], None]:
        """What one piece of work calls now and then: it waits for scrapes to end, for so long in all."""
        left = seconds

        def rest() -> None:
            nonlocal left
            if left > 0 and not self._idle.is_set():
                began = time.monotonic()
                self._idle.wait(left)
                left -= time.monotonic() - began

        return rest


SCRAPES = Courtesy()
"""Those of this process."""
