"""Pages that were made, for those who ask before there are other readings."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from starlette.responses import HTMLResponse, Response

from jobqueue_exporter.config.types import Config
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.headers import HEADERS

AGE = secrets.token_hex(16)
"""Stands in a page for the age of its numbers, which is not the same for all who get it."""
MOST = 16
LONGEST_SECONDS = 20.0
"""What a page says of time, as that a reading is old, is as of when it was made."""


@dataclass(frozen=True, slots=True)
class Made:
    """A page whose oldest numbers are of `read_at`, in Unix seconds."""

    text: str
    status: int
    read_at: float

    def response(self, now: float) -> Response:
        """The page for somebody who asks now (Unix seconds)."""
        return HTMLResponse(self.text.replace(AGE, f"{max(now - self.read_at, 0):.1f}"), self.status, HEADERS)


@dataclass(frozen=True, slots=True)
class _Page:
    """With it what its key knows by their ids, so that nothing else gets these."""

    made: Made
    config: Config
    snapshots: tuple[Snapshot, ...]
    until: float


class Kept:
    """The last few pages of the last readings. For one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pages: dict[Hashable, _Page] = {}

    def get(self, key: Hashable) -> Made | None:
        """The page of that key."""
        page = self._pages.get(key)
        return page.made if page is not None and self._clock() < page.until else None

    def keep(self, key: Hashable, made: Made, config: Config, snapshots: Sequence[Snapshot]) -> None:
        """Keep this page, and none of earlier readings of its sources."""
        now = {each.source: each for each in snapshots}
        stale = [
            other
            for other, page in self._pages.items()
            if other == key or any(now.get(each.source, each) is not each for each in page.snapshots)
        ]
        for other in [*stale, *list(self._pages)[: max(len(self._pages) - len(stale) - MOST + 1, 0)]]:
            self._pages.pop(other, None)
        self._pages[key] = _Page(made, config, tuple(snapshots), self._clock() + LONGEST_SECONDS)
