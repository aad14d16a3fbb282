"""A look through all keys for queues, in small steps and from where the last look ended."""

from __future__ import annotations

import time

from jobqueue_exporter.engines.bullmq import keys
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.redis import Session

STEP = 500


class Scan:
    """Looks for the one key that each queue has; `complete` once all keys were looked at."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._pattern = keys.meta_pattern(prefix)
        self._cursor: int = 0
        self.complete = False

    def names(self, session: Session, until: float) -> set[str]:
        """Names that may be of queues, found until then (time.monotonic()) or all keys were seen. Raises Refused."""
        found: set[str] = set()
        while True:
            reply = session.reply("SCAN", self._cursor, "MATCH", self._pattern, "COUNT", STEP)
            if not (isinstance(reply, list) and len(reply) == 2):
                raise Refused("its answer to SCAN is none: is it a Redis?")
            self._cursor = int(reply[0])
            found.update(name for key in reply[1] if (name := keys.queue_of_meta(key, self._prefix)))
            if self._cursor == 0:
                self.complete = True
                return found
            if time.monotonic() >= until:
                return found
