"""The simulated application that enqueues jobs."""

from __future__ import annotations

from random import Random
from uuid import uuid4

from psycopg.types.json import Jsonb

from jobqueue_exporter.demo.failures import LASTING
from jobqueue_exporter.demo.kinds import KINDS
from jobqueue_exporter.demo.loop import Connection
from jobqueue_exporter.demo.scenarios import Scenario

_COUNT_WAITING = "SELECT count(*) FROM public.jobs WHERE state = 'queued'"

_ENQUEUE = """
WITH job AS (
    INSERT INTO public.jobs (workspace_id, kind, priority, payload, run_at)
    VALUES (%(workspace)s, %(kind)s, %(priority)s, %(payload)s, now() + %(delay)s * interval '1 second')
    RETURNING id, kind
)
INSERT INTO public.job_events (job_id, stage, data)
SELECT id, 'enqueued', jsonb_build_object('kind', kind) FROM job
"""

_LATER_SHARE = 0.03
_LATER_SECONDS = (60.0, 600.0)
_FLAWED_SHARE = 0.002
# Whose jobs can be bad by themselves; a lost publication would page, and the healthy demo must not.
_FLAWED_KINDS = ("TRANSCRIBE", "HIGHLIGHT_DETECT", "CLIP_RENDER")


class Producer:
    """Enqueues at the scenario's rate, some jobs for later, a few that can never succeed."""

    name = "producer"
    pause_seconds = 1.0

    def __init__(self, scenario: Scenario, random: Random) -> None:
        self.scenario = scenario
        self._random = random
        self._workspaces = [uuid4() for _ in range(3)]

    def turn(self, connection: Connection) -> None:
        """One second's worth of jobs, none while too many wait."""
        ((waiting,),) = connection.execute(_COUNT_WAITING).fetchall()
        if waiting >= self.scenario.most_waiting:
            return
        for _ in range(int(self.scenario.jobs_per_second * self.pause_seconds + self._random.random())):
            self._enqueue(connection)

    def _enqueue(self, connection: Connection) -> None:
        (kind,) = self._random.choices([*KINDS.values()], [kind.share for kind in KINDS.values()])
        later = self._random.random() < _LATER_SHARE
        payload = {"video": f"s3://uploads/{self._random.randrange(10_000):04}.mp4"}
        if kind.name in _FLAWED_KINDS and self._random.random() < _FLAWED_SHARE:
            payload["flaw"] = self._random.choice(LASTING).code
        connection.execute(
            _ENQUEUE,
            {
                "workspace": self._random.choice(self._workspaces),
                "kind": kind.name,
                "priority": kind.priority,
                "payload": Jsonb(payload),
                "delay": self._random.uniform(*_LATER_SECONDS) if later else 0.0,
            },
        )
