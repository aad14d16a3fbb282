"""How often an extra collector may run: as rarely as its own cost demands."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

from jobqueue_exporter.collect.backoff import Backoff

REST = 100
LONGEST_SECONDS = 300.0
REMEMBERED = 5


class Cadence:
    """Rests 100 times the median cost of the last five successes, 5 min at most; longer after failures."""

    def __init__(self) -> None:
        self._costs: deque[float] = deque(maxlen=REMEMBERED)
        self._ran = -math.inf
        self._backoff = Backoff()

    def succeeded(self, seconds: float, now: float) -> None:
        """A run that took `seconds` ended well at `now`."""
        self._costs.append(seconds)
        self._ran = now
        self._backoff.reset()

    def failed(self, now: float) -> None:
        """A run ended badly at `now`."""
        self._ran = now
        self._backoff.failed(now)

    def due(self, now: float) -> bool:
        """Whether it may run now."""
        rest = min(REST * median(self._costs), LONGEST_SECONDS) if self._costs else 0.0
        return now - self._ran >= rest and not self._backoff.remaining(now)
