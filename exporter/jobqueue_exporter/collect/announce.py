"""Says once, in the log, that a source went down, that it is back, and what an engine noticed."""

from __future__ import annotations

import logging

from jobqueue_exporter.model import Snapshot

log = logging.getLogger(__name__)

MOST_NOTICES = 1000


class Announcer:
    """What was said of one source, so as not to say it at each scrape."""

    def __init__(self) -> None:
        self._down = False
        self._notices: set[str] = set()

    def tell(self, snapshot: Snapshot) -> None:
        """Log what is new in this snapshot."""
        if not snapshot.up and not self._down:
            log.warning("source is down source=%s reason=%r", snapshot.source, snapshot.error)
        elif snapshot.up and self._down:
            log.info("source is back source=%s", snapshot.source)
        self._down = not snapshot.up
        for notice in snapshot.facts.notices or ():
            if notice not in self._notices and len(self._notices) < MOST_NOTICES:
                self._notices.add(notice)
                log.warning("notice source=%s text=%r", snapshot.source, notice)
