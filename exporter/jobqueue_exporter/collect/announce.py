"""Says once, in the log, why a source is down, that it is back, and what an engine noticed."""

from __future__ import annotations

import logging

from jobqueue_exporter.model import Snapshot

log = logging.getLogger(__name__)

MOST_NOTICES = 1000
MOST_REASONS = 20


class Announcer:
    """What was said of one source, so as not to say it at each scrape."""

    def __init__(self) -> None:
        self._reasons: set[str] = set()
        self._notices: set[str] = set()

    def tell(self, snapshot: Snapshot) -> None:
        """Log what is new in this snapshot."""
        if snapshot.up and self._reasons:
            self._reasons.clear()
            log.info("source is back source=%s", snapshot.source)
        elif not snapshot.up and snapshot.error not in self._reasons and len(self._reasons) < MOST_REASONS:
            self._reasons.add(snapshot.error)
            log.warning("source is down source=%s reason=%r", snapshot.source, snapshot.error)
        for notice in snapshot.facts.notices or ():
            if notice not in self._notices and len(self._notices) < MOST_NOTICES:
                self._notices.add(notice)
                log.warning("notice source=%s text=%r", snapshot.source, notice)
