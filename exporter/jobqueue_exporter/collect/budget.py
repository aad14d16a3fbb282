"""Whether reading a source costs more of its time than it may."""

from __future__ import annotations

from collections import deque

LEAST_READINGS = 4
LEAST_SECONDS = 60.0
WINDOW_READINGS = 20
WINDOW_SECONDS = 300.0
MOST_READINGS = 2000


class Budget:
    """What core readings cost lately: over the last 20 of them or the last 5 min, whichever is longer."""

    def __init__(self) -> None:
        self._readings: deque[tuple[float, float]] = deque(maxlen=MOST_READINGS)

    def spent(self, started: float, core_seconds: float) -> None:
        """A reading that started at `started` kept the source busy for `core_seconds`."""
        self._readings.append((started, core_seconds))
        while len(self._readings) > WINDOW_READINGS and self._readings[0][0] < started - WINDOW_SECONDS:
            self._readings.popleft()

    def over(self, limit: float) -> bool | None:
        """Whether readings took a larger part of the time than `limit`; None until enough is known."""
        if len(self._readings) < LEAST_READINGS:
            return None
        span = self._readings[-1][0] - self._readings[0][0]
        if span < LEAST_SECONDS:
            return None
        # The cost of the newest reading falls into the time after it, which has not passed yet.
        cost = sum(seconds for _, seconds in self._readings) - self._readings[-1][1]
        return cost / span > limit
