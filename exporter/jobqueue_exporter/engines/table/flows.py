"""What happened to jobs lately, minute by minute: a recount that the ledger turns into totals."""

from __future__ import annotations

from typing import NamedTuple

from jobqueue_exporter.engines.sql.minutes import MINUTE, Span
from jobqueue_exporter.engines.sql.tally import lane
from jobqueue_exporter.model import Flow, FlowCount, FlowWindow, Lane
from jobqueue_exporter.sources.postgres import Row


class _Key(NamedTuple):
    minute: int
    flow: Flow
    bucket: int


class _Tally(NamedTuple):
    events: int = 0
    seconds: float = 0.0

    def plus(self, other: _Tally) -> _Tally:
        return _Tally(self.events + other.events, self.seconds + other.seconds)


class Counts:
    """Turns rows of a recount into its window. Remembers how many events of a minute had a lane when they
    were first seen: when their job is deleted they lose it, and must not be counted again without."""

    def __init__(self) -> None:
        self._known: dict[_Key, dict[Lane, int]] = {}
        self._laned: dict[_Key, int] = {}
        self._first = True

    def window(self, rows: list[Row], read: Span, tells: frozenset[Flow], default_queue: str) -> FlowWindow:
        """The window that rows of (minute, queue, kind, flow, bucket, count, seconds, gone) make."""
        found: dict[_Key, dict[Lane, _Tally]] = {}
        gone: dict[_Key, _Tally] = {}
        for at, queue, kind, flow, index, count, total, lost in rows:
            key, tally = _Key(at, Flow(flow), index), _Tally(count, total)
            if lost:
                gone[key] = tally
                continue
            where, lanes = lane(queue, kind, default_queue), found.setdefault(key, {})
            lanes[where] = lanes.get(where, _Tally()).plus(tally)
        if self._first:
            # They may have been counted with a lane by whoever read before us.
            self._laned, self._first = {key: tally.events for key, tally in gone.items()}, False
        self._remember(found, int(read.start) // MINUTE)
        for key, tally in gone.items():
            lanes = found.setdefault(key, {})
            lost_lane = lane(None, None, default_queue)
            lanes[lost_lane] = lanes.get(lost_lane, _Tally()).plus(self._unseen(key, lanes, tally))
        counts = (
            FlowCount(key.minute, where, key.flow, tally.events, key.bucket, tally.seconds)
            for key, lanes in found.items()
            for where, tally in lanes.items()
            if tally.events
        )
        return FlowWindow(start=read.start, end=read.end, tells=tells, counts=tuple(counts))

    def _remember(self, found: dict[_Key, dict[Lane, _Tally]], first_minute: int) -> None:
        for key, lanes in found.items():
            before = self._known.get(key, {})
            risen = sum(max(0, tally.events - before.get(where, 0)) for where, tally in lanes.items())
            self._laned[key] = self._laned.get(key, 0) + risen
            self._known[key] = {where: tally.events for where, tally in lanes.items()}
        for key in [key for key in self._laned if key.minute < first_minute]:
            del self._laned[key]
            self._known.pop(key, None)

    def _unseen(self, key: _Key, lanes: dict[Lane, _Tally], gone: _Tally) -> _Tally:
        """Those of the lost events that were never seen with a lane."""
        lost_a_lane = self._laned.get(key, 0) - sum(tally.events for tally in lanes.values())
        count = max(0, gone.events - lost_a_lane)
        return _Tally(count, gone.seconds * count / gone.events)
