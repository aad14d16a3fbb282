"""All who work on the demo's tables, as threads."""

from __future__ import annotations

import threading
from random import Random
from types import TracebackType
from typing import Self

from jobqueue_exporter.demo.keeper import Keeper
from jobqueue_exporter.demo.loop import Actor, Loop
from jobqueue_exporter.demo.producer import Producer
from jobqueue_exporter.demo.scenarios import Scenario
from jobqueue_exporter.demo.worker import Worker

_BEGIN_SECONDS = 5.0
_LEAVE_SECONDS = 5.0


class Workload:
    """A context manager: inside it jobs are enqueued, worked on and cleaned up, as the scenario says.

    Everybody has had a turn when it opens, unless the database is away.
    """

    def __init__(self, dsn: str, scenario: Scenario, *, seed: int | None = None) -> None:
        self._dsn = dsn
        self._random = Random(seed)
        self._actors: list[Actor] = [Producer(scenario, Random(self._random.random())), Keeper(scenario)]
        self._actors += [self._worker(number, scenario) for number in range(1, scenario.workers + 1)]
        self._stopped = threading.Event()
        self._loops = [self._loop(actor) for actor in self._actors]

    def turn_into(self, scenario: Scenario) -> None:
        """Everybody behaves as another scenario says from now on; workers that it has more of are started."""
        for actor in self._actors:
            actor.scenario = scenario
        there = sum(isinstance(actor, Worker) for actor in self._actors)
        for number in range(there + 1, scenario.workers + 1):
            worker = self._worker(number, scenario)
            loop = self._loop(worker)
            self._actors.append(worker)
            self._loops.append(loop)
            loop.start()

    def _worker(self, number: int, scenario: Scenario) -> Worker:
        return Worker(number, scenario, Random(self._random.random()))

    def _loop(self, actor: Actor) -> Loop:
        return Loop(actor, self._dsn, self._stopped)

    def __enter__(self) -> Self:
        for loop in self._loops:
            loop.start()
        for loop in self._loops:
            loop.began.wait(_BEGIN_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        for loop in self._loops:
            loop.join(_LEAVE_SECONDS)
