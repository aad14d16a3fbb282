"""A look through all keys for queues, in small steps and from where the last look ended."""

from __future__ import annotations

import time

from jobqueue_exporter.engines.bullmq import keys
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.redis import Session

STEP = 500
RESTS = 100
"""How many times as long as a look through all keys took the next one is put off."""


class Scan:
    """Looks for the one key that each queue has; `complete` once all keys were looked at."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._pattern = keys.meta_pattern(prefix)
        self._cursor: int = 0
        self._seconds = 0.0
        self._rested_at = 0.0
        self.complete = False

    @property
    def due(self) -> bool:
        """Whether a look is worth its cost: the keys were not all seen yet, or that was long enough ago."""
        return not self.complete or time.monotonic() >= self._rested_at

    def names(self, session: Session, until: float) -> set[str]:
        """Names that may be of queues, found until then (time.monotonic()) or all keys were seen. Raises Refused."""
        found: set[str] = set()
        begun = time.monotonic()
        while True:
            reply = session.reply("SCAN", self._cursor, "MATCH", self._pattern, "COUNT", STEP)
            if not (isinstance(reply, list) and len(reply) == 2):
                raise Refused("its answer to SCAN is none: is it a Redis?")
            self._cursor = int(reply[0])
            found.update(name for key in reply[1] if (name := keys.queue_of_meta(key, self._prefix)))
            now = time.monotonic()
            if self._cursor == 0:
                self.complete, self._rested_at = True, now + RESTS * (self._seconds + now - begun)
                self._seconds = 0.0
                return found
            if now >= until:
                self._seconds += now - begun
                return found
