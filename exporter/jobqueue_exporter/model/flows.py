"""What happens to jobs, counted as it happens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobqueue_exporter.model.parts import Lane
from jobqueue_exporter.model.states import Flow, Outcome


@dataclass(frozen=True, slots=True)
class FlowCount:
    """Events of one lane in one minute of the source's clock, `minute` being Unix seconds // 60.

    For WAIT and RUN, `bucket` is the index of the smallest threshold that the duration does not
    exceed (the number of thresholds when it exceeds all), and `seconds` the sum of durations.
    """

    minute: int
    lane: Lane
    flow: Flow
    count: int
    bucket: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowWindow:
    """A full recount of the whole minutes from `start` to `end` (Unix seconds, source's clock)."""

    start: float
    end: float
    tells: frozenset[Flow]
    counts: tuple[FlowCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFlows:
    """Totals of one lane since this process first saw its source."""

    enqueued: int | None = None
    attempts_failed: int | None = None
    finished: Mapping[Outcome, int] | None = None
    waits_observed: int | None = None
    waits_met: int | None = None


BUCKETS: tuple[float, ...] = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10800, 21600, 86400)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram over BUCKETS: events per bucket (not cumulative, the last above all bounds), their sum."""

    counts: tuple[int, ...]
    seconds: float
