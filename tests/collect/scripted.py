"""A Reader that does what a test says, and clocks that a test moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from jobqueue_exporter.collect.clock import Clock
from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.engines.protocol import Collector, Part, Request, Statement, Tier
from jobqueue_exporter.model import Facts, Lane, LaneJobs, Signal, State
from jobqueue_exporter.secret import Secret

MAIL = Lane("mail", "SEND")
JOBS = Collector("jobs", Tier.CORE)
CAUSES = Collector("causes", Tier.EXTRA)
FLOWS = Collector("flows", Tier.EXTRA)
PATIENCE = 20.0
"""Seconds after which a test takes what it waits for as never happening."""


class Hands:
    """Clocks that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.unix = 1_763_800_000.0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.unix)

    def move(self, seconds: float) -> None:
        self.now += seconds
        self.unix += seconds


class ScriptedReader:
    """Brings what `bring` yields. Counts what is done to it, and fails when two threads read at once."""

    engine = "scripted"

    def __init__(
        self,
        bring: Callable[[Request], Iterator[Part]],
        *,
        collectors: Sequence[Collector] = (JOBS,),
        known_at_once: bool = True,
        signals: Mapping[Signal, bool] | None = None,
    ) -> None:
        self._bring = bring
        self._named = tuple(collectors)
        self._known = known_at_once
        self._busy = threading.Lock()
        self.signals: Mapping[Signal, bool] = signals or {}
        self.requests: list[Request] = []
        self.stops = 0
        self.closes = 0

    @property
    def collectors(self) -> Sequence[Collector]:
        return self._named if self._known else ()

    def read(self, request: Request) -> Iterator[Part]:
        assert self._busy.acquire(blocking=False), "two threads read from one source"
        try:
            extras = (each.name for each in self._named if each.tier is Tier.EXTRA)
            due = frozenset(name for name in extras if name in request.extras)
            self.requests.append(replace(request, extras=due))
            self._known = True
            yield from self._bring(request)
        finally:
            self._busy.release()

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        return ()

    def stop(self) -> None:
        self.stops += 1

    def close(self) -> None:
        self.closes += 1


def source(name: str = "shop", **settings: Any) -> Source:
    return Source(name=name, dsn=Secret("postgresql://db/shop"), **settings)


def config(*sources: Source, **settings: Any) -> Config:
    return Config(sources=sources or (source(),), **settings)


def jobs(pending: int = 0, **more: Any) -> LaneJobs:
    return LaneJobs(
        counts={State.PENDING: pending, State.DEAD_LETTER: more.pop("dead", 0)},
        oldest_pending_seconds=more.pop("age", 0.0),
        **more,
    )


def part(facts: Facts, collector: str = "jobs", seconds: float = 0.01) -> Part:
    return Part(collector=collector, seconds=seconds, facts=facts)


def core(pending: int = 3) -> Part:
    return part(Facts(lanes={MAIL: jobs(pending)}))


def brings(*parts: Part) -> Callable[[Request], Iterator[Part]]:
    """The same parts at each reading, extras only when they are due."""

    def bring(request: Request) -> Iterator[Part]:
        for each in parts:
            if each.collector == "jobs" or each.collector in request.extras:
                yield each

    return bring
