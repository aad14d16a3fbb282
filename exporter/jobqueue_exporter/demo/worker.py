"""A simulated worker process: claims jobs, beats, and finishes or fails them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from uuid import UUID

from psycopg.types.json import Jsonb

from jobqueue_exporter.demo import transitions
from jobqueue_exporter.demo.failures import ALL, PASSING, Failure
from jobqueue_exporter.demo.kinds import KINDS
from jobqueue_exporter.demo.loop import Connection
from jobqueue_exporter.demo.scenarios import Scenario
from jobqueue_exporter.engines.table import heartbeats

QUEUE = "jobs"
VERSION = "1.4.2"

_BEAT_SECONDS = 2.0
_PASSING_SHARE = 0.04


@dataclass(frozen=True, slots=True)
class _Held:
    """A job in our hands, and when it ends how."""

    job: UUID
    ends_at: float
    failure: Failure | None


def worker_name(number: int, random: Random) -> str:
    """A name as workers write it into locked_by: number, process id, time of start."""
    return f"worker-{number}:{random.randrange(1_000, 60_000)}:{int(time.time())}"


class Worker:
    """Works as the scenario says; a worker that dies takes a new name, as its restarted process would."""

    pause_seconds = 0.5

    def __init__(
        self,
        number: int,
        scenario: Scenario,
        random: Random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = f"worker-{number}"
        self._number = number
        self.scenario = scenario
        self._random = random
        self._clock = clock
        self._next_beat = clock()
        self._held: list[_Held] = []
        self._be_born()

    def turn(self, connection: Connection) -> None:
        """End what is done, take what is due, and beat when it is time."""
        if self.scenario.dies_every_seconds and self._clock() >= self._dies_at and self._held:
            self._held = []
            self._be_born()
        for held in [held for held in self._held if held.ends_at <= self._clock()]:
            self._end(connection, held)
            self._held.remove(held)
        if len(self._held) < self.scenario.slots:
            self._claim(connection)
        if self._clock() >= self._next_beat:
            self._beat(connection)

    def _be_born(self) -> None:
        self._id = worker_name(self._number, self._random)
        life = self.scenario.dies_every_seconds
        self._dies_at = self._clock() + self._random.uniform(0.7, 1.3) * life if life else float("inf")

    def _claim(self, connection: Connection) -> None:
        free = self.scenario.slots - len(self._held)
        rows = connection.execute(transitions.CLAIM, {"slots": free, "worker": self._id}).fetchall()
        for job, name, payload in rows:
            kind = KINDS[name]
            seconds = self._random.uniform(kind.shortest_seconds, kind.longest_seconds)
            failure = self._failure(name, payload)
            self._held.append(_Held(job, self._clock() + (seconds / 2 if failure else seconds), failure))

    def _failure(self, kind: str, payload: Mapping[str, str]) -> Failure | None:
        if kind == self.scenario.broken_kind:
            return self.scenario.breakage
        if "flaw" in payload:
            return ALL[payload["flaw"]]
        return self._random.choice(PASSING) if self._random.random() < _PASSING_SHARE else None

    def _end(self, connection: Connection, held: _Held) -> None:
        ours = {"job": held.job, "worker": self._id}
        if held.failure is None:
            connection.execute(transitions.FINISH, ours)
        else:
            text = {"message": held.failure.message, "code": held.failure.code}
            connection.execute(transitions.FAIL, ours | text)

    def _beat(self, connection: Connection) -> None:
        jobs = [held.job for held in self._held]
        if jobs:
            connection.execute(transitions.BEAT, {"jobs": jobs, "worker": self._id})
        connection.execute(
            heartbeats.BEAT,
            {
                "worker_id": self._id,
                "queues": [QUEUE],
                "slots": self.scenario.slots,
                "busy": len(jobs),
                "version": VERSION,
                "binaries": Jsonb({"ffmpeg": self.scenario.has_ffmpeg, "yt-dlp": True}),
            },
        )
        self._next_beat = self._clock() + _BEAT_SECONDS
