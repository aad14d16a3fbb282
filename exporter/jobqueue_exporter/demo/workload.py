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
        random = Random(seed)
        actors: list[Actor] = [Producer(scenario, Random(random.random())), Keeper(scenario)]
        actors += [Worker(n + 1, scenario, Random(random.random())) for n in range(scenario.workers)]
        self._stopped = threading.Event()
        self._loops = [Loop(actor, dsn, self._stopped) for actor in actors]

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
