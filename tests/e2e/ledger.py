"""Workers that write down, in the transaction itself, what they did with each job."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from random import Random
from uuid import UUID

import psycopg

from jobqueue_exporter.demo import transitions

LEASE_SECONDS = 2.0
BEAT_SECONDS = 0.3
LEDGER = """
CREATE TABLE ledger (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job uuid NOT NULL,
    worker text NOT NULL,
    what text NOT NULL CHECK (what IN ('started', 'completed', 'failed', 'died', 'robbed'))
);
CREATE INDEX ON ledger (job);
"""
_NOTE = "INSERT INTO ledger (job, worker, what) VALUES (%s, %s, %s)"


class Worker(threading.Thread):
    """Takes one job after the other until it is told to stop.

    While `troubled`, a third of its jobs fail, and now and then it dies in the middle of one: it holds the job, and
    beats no more. A job that is taken from it while it beats is noted as `robbed`.
    """

    def __init__(self, dsn: str, number: int, troubled: threading.Event, stop: threading.Event) -> None:
        super().__init__(name=f"worker-{number}")
        self._dsn = dsn
        self._number = number
        self._life = 0
        self._troubled = troubled
        self._stop_asked = stop
        self._random = Random(number)

    @property
    def worker(self) -> str:
        """What it writes into locked_by, another name in each life."""
        return f"worker-{self._number}:{self._life}"

    def run(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while not self._stop_asked.is_set():
                if not (job := self._claimed(connection)):
                    self._stop_asked.wait(0.05)
                elif self._troubled.is_set() and self._random.random() < 0.05:
                    connection.execute(_NOTE, [job, self.worker, "died"])
                    self._life += 1
                else:
                    self._work(connection, job)

    def _claimed(self, connection: psycopg.Connection[tuple[object, ...]]) -> UUID | None:
        with connection.transaction():
            found = connection.execute(transitions.CLAIM, {"slots": 1, "worker": self.worker}).fetchone()
            if found is None:
                return None
            connection.execute(_NOTE, [found[0], self.worker, "started"])
        assert isinstance(found[0], UUID)
        return found[0]

    def _work(self, connection: psycopg.Connection[tuple[object, ...]], job: UUID) -> None:
        until = time.monotonic() + self._random.uniform(0.0, 0.2)
        while (left := until - time.monotonic()) > 0:
            self._stop_asked.wait(min(left, BEAT_SECONDS))
            connection.execute(transitions.BEAT, {"jobs": [job], "worker": self.worker})
        fails = self._troubled.is_set() and self._random.random() < 1 / 3
        text = {"message": "HTTP 503 Service Unavailable", "code": "HTTP_503"} if fails else {}
        with connection.transaction():
            ended = connection.execute(
                transitions.FAIL if fails else transitions.FINISH, {"job": job, "worker": self.worker} | text
            )
            what = ("failed" if fails else "completed") if ended.rowcount else "robbed"
            connection.execute(_NOTE, [job, self.worker, what])


def unjustified(entries: Sequence[str]) -> list[str]:
    """What is wrong with the story of one job, told by its entries in order: each start after the first must follow
    an attempt that failed or whose worker died, and it must end once at the most."""
    wrong = ["it was taken from a worker that beat"] if "robbed" in entries else []
    for before, after in zip(["new", *entries], entries, strict=False):
        if after == "started" and before not in ("new", "failed", "died"):
            wrong.append(f"it was started after it was {before}")
        if after != "started" and before != "started":
            wrong.append(f"it was {after} after it was {before}")
    return wrong
