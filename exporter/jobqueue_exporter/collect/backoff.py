"""How long something that keeps failing is left alone."""

from __future__ import annotations

import math

FIRST_SECONDS = 15.0
LONGEST_SECONDS = 120.0


class Backoff:
    """A pause after each failure: 15 s at first, doubling up to 2 min, until something succeeds."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._until = -math.inf

    def failed(self, now: float) -> None:
        """It failed at `now`."""
        self._pause = min(max(FIRST_SECONDS, 2 * self._pause), LONGEST_SECONDS)
        self._until = now + self._pause

    def reset(self) -> None:
        """It succeeded."""
        self._pause, self._until = 0.0, -math.inf

    def remaining(self, now: float) -> float:
        """Seconds until it may be tried again, 0 when it may be now."""
        return max(0.0, self._until - now)
