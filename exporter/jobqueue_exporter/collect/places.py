"""Which lanes and queues have a series of their own, and which fold into `_other`."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from jobqueue_exporter.model import Lane

OTHER_QUEUE = "_other"
OTHER_LANE = Lane(OTHER_QUEUE)

K = TypeVar("K", Lane, str)


class Places(Generic[K]):
    """A limited number of places, given to reserved keys first and then to those seen first.

    What has a place keeps it, and what has none never gets one, so that no counter ever moves from one
    series to another. Both are forgotten when they have not been seen for a while; only a key that is
    new then may take a place that was freed.
    """

    def __init__(self, other: K) -> None:
        self._other: K = other
        self._cap = 0
        self._forget_after = math.inf
        self._reserved: frozenset[K] = frozenset()
        self._kept: dict[K, float] = {}
        self._folded: dict[K, float] = {}
        self._ever_folded = False

    def configure(self, reserved: Sequence[K], *, cap: int, forget_after: float, now: float) -> None:
        """Set the number of places, who has a right to one, and for how many seconds a key is known."""
        self._cap, self._forget_after = cap, forget_after
        self._reserved = frozenset(reserved)
        for key in reserved:
            self._place(key, now)

    def see(self, keys: Collection[K], now: float) -> None:
        """These keys are there at `now`. Of new ones the first in order get the places that are left."""
        fresh = []
        for key in keys:
            if key in self._kept:
                self._kept[key] = now
            elif key in self._folded:
                self._folded[key] = now
            else:
                fresh.append(key)
        for key in sorted(fresh):
            self._place(key, now)

    def forget(self, now: float) -> list[K]:
        """Forget keys that have not been seen for too long; returns those that had a place."""
        before = now - self._forget_after
        gone = [key for key, seen in self._kept.items() if seen < before and key not in self._reserved]
        for key in gone:
            del self._kept[key]
        for key in [key for key, seen in self._folded.items() if seen < before and key not in self._reserved]:
            del self._folded[key]
        return gone

    def shown(self, key: K) -> K:
        """The key under which this one is told: itself, or the one for all others."""
        return key if key in self._kept else self._other

    @property
    def known(self) -> list[K]:
        """All keys that are told, `_other` among them once anything was folded."""
        told = list(self._kept)
        if self._ever_folded:
            told.append(self._other)
        return told

    @property
    def folded(self) -> int:
        """How many known keys are told as `_other`."""
        return len(self._folded)

    def _place(self, key: K, now: float) -> None:
        if key in self._kept or key in self._folded:
            return
        if key == self._other:
            self._ever_folded = True
        elif len(self._kept) < self._cap:
            self._kept[key] = now
        else:
            self._ever_folded = True
            self._folded[key] = now
