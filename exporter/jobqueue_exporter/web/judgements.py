"""What the alerts say of readings, judged once for all who ask, and not more often than its cost allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jobqueue_exporter.bundle.moment import Found
from jobqueue_exporter.model import Snapshot

REST = 10
"""A judgement is used for so many times as long as it took of a core: at most a tenth of one goes into judging."""
LONGEST_SECONDS = 60.0
MOST = 8
"""Judgements that are kept: each page with sources of its own needs one."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What is wrong, and when that was judged, in Unix seconds; `earlier`: by readings before those asked about."""

    found: Found
    at: float
    earlier: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    snapshots: tuple[Snapshot, ...]
    judged: Judged
    until: float

    def is_of(self, snapshots: tuple[Snapshot, ...]) -> bool:
        return all(one is other for one, other in zip(self.snapshots, snapshots, strict=True))


class Judgements:
    """Judges one after another. May be used by several threads."""

    def __init__(
        self,
        judge: Callable[[Sequence[Snapshot]], Found],
        *,
        clock: Callable[[], float] = time.monotonic,
        cost: Callable[[], float] = time.thread_time,
    ) -> None:
        self._judge = judge
        self._clock = clock
        self._cost = cost
        self._kept: dict[tuple[tuple[str, bool], ...], _Kept] = {}
        self._lock = threading.Lock()

    def of(self, snapshots: Sequence[Snapshot]) -> Judged:
        """What is wrong by these readings, or by recent ones of the same sources where judging costs much."""
        wanted = tuple(snapshots)
        # With `up`: a source that has just gone, or come back, is judged at once.
        key = tuple((each.source, each.up) for each in wanted)
        with self._lock:
            kept = self._kept.pop(key, None)
            same = kept is not None and kept.is_of(wanted)
            if kept is None or not (same or self._clock() < kept.until):
                kept, same = self._judged(wanted), True
            self._kept[key] = kept
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
        return Judged(kept.judged.found, kept.judged.at, earlier=not same)

    def _judged(self, snapshots: tuple[Snapshot, ...]) -> _Kept:
        at, began = time.time(), self._cost()
        found = self._judge(snapshots)
        rest = min(REST * (self._cost() - began), LONGEST_SECONDS)
        return _Kept(snapshots, Judged(found, at, earlier=False), self._clock() + rest)
