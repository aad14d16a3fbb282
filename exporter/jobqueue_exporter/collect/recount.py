"""Turns recounts of the same minutes into what is new in each."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from jobqueue_exporter.model import Lane

MINUTE = 60


class Series(NamedTuple):
    """Where events are counted. Of durations also the queue's histogram, and the bound in seconds that
    they do not exceed."""

    lane: Lane
    queue: str = ""
    bound: float = math.inf


class Tally(NamedTuple):
    """Events, and the sum of their durations in seconds."""

    events: int = 0
    seconds: float = 0.0


NOTHING = Tally()
Counts = Mapping[Series, Tally]
_Regrid = Callable[[Series], Series]


@dataclass(slots=True)
class _Minute:
    """The last recount of a minute, which had seen its events up to `until`."""

    until: float
    counts: Counts = field(default_factory=dict)


class Recount:
    """What the windows so far have counted of one flow, minute by minute."""

    def __init__(self) -> None:
        self._minutes: dict[int, _Minute] = {}
        self._floor: float | None = None
        self._thresholds: tuple[float, ...] = ()

    def added(
        self, start: float, end: float, found: Mapping[int, Counts], thresholds: tuple[float, ...]
    ) -> dict[Series, Tally]:
        """What a recount of the minutes from `start` to `end` found that earlier ones had not.

        The first recount is where counting starts and adds nothing, nor does any minute before it. So is
        one that ends before all we remember: the clock was set back, and what is there may be known.
        """
        begins = self._floor is None or end <= self._floor
        self._floor = start if begins else max(start, self._floor or start)
        self._minutes = {at: known for at, known in self._minutes.items() if at * MINUTE >= start}
        regrid = _onto(self._thresholds, thresholds)
        self._thresholds = thresholds
        total: dict[Series, Tally] = {}
        for at in found.keys() | {at for at in self._minutes if at * MINUTE < end}:
            if at * MINUTE < self._floor:
                continue
            counts, known = found.get(at, {}), self._minutes.get(at)
            if not begins:
                _add(total, _rise(known.counts if known else {}, counts, regrid))
            self._minutes[at] = _remembered(known, counts, min(end, (at + 1) * MINUTE))
        return total

    def begin_anew(self) -> None:
        """Take the next recount as the first: it is of other data."""
        self._floor = None
        self._minutes.clear()


def _remembered(known: _Minute | None, counts: Counts, until: float) -> _Minute:
    """The minute as it is now. A recount that saw less of it than the last takes nothing away."""
    if known is None or until >= known.until:
        return _Minute(until, counts)
    both = known.counts.keys() | counts.keys()
    most = {series: max(known.counts.get(series, NOTHING), counts.get(series, NOTHING)) for series in both}
    return _Minute(known.until, most)


def _onto(before: tuple[float, ...], now: tuple[float, ...]) -> _Regrid | None:
    """Maps a bound of either list to the next that both have; None when they are the same."""
    if before == now:
        return None
    common = (*sorted({*before} & {*now}), math.inf)
    return lambda series: series._replace(bound=common[bisect_left(common, series.bound)])


def _rise(before: Counts, now: Counts, regrid: _Regrid | None) -> dict[Series, Tally]:
    """By how much each series rose; where bounds have changed, by no more than their common bounds did."""
    if regrid is None:
        return {series: rise for series, tally in now.items() if (rise := _above(tally, before.get(series)))}
    known = _joined(before, regrid)
    left = {series: _above(tally, known.get(series)) for series, tally in _joined(now, regrid).items()}
    risen: dict[Series, Tally] = {}
    for series, tally in now.items():
        if room := left[regrid(series)]:
            count = min(tally.events, room.events)
            risen[series] = Tally(count, room.seconds)
            left[regrid(series)] = Tally(room.events - count) if room.events > count else None
    return risen


def _above(now: Tally, before: Tally | None) -> Tally | None:
    """What `now` has more than `before`, None when it has no more events."""
    known = before or NOTHING
    if now.events <= known.events:
        return None
    return Tally(now.events - known.events, max(0.0, now.seconds - known.seconds))


def _joined(counts: Counts, regrid: _Regrid) -> dict[Series, Tally]:
    total: dict[Series, Tally] = {}
    for series, tally in counts.items():
        _add(total, {regrid(series): tally})
    return total


def _add(total: dict[Series, Tally], more: Counts) -> None:
    for series, tally in more.items():
        known = total.get(series, NOTHING)
        total[series] = Tally(known.events + tally.events, known.seconds + tally.seconds)
