"""The simulated team's housekeeping: stuck jobs are recovered, and old rows deleted."""

from __future__ import annotations

from jobqueue_exporter.demo import transitions
from jobqueue_exporter.demo.failures import LEASE_EXPIRED
from jobqueue_exporter.demo.loop import Connection
from jobqueue_exporter.demo.scenarios import Scenario

# These bound the tables however long the demo runs; events go with their job.
_DELETE_FINISHED = """
DELETE FROM public.jobs WHERE state = 'completed' AND updated_at < now() - interval '30 minutes'
"""
_DELETE_DEAD = """
DELETE FROM public.jobs WHERE state = 'dead_letter' AND updated_at < now() - interval '2 hours'
"""
_DELETE_SILENT = "DELETE FROM public.job_workers WHERE heartbeat_at < now() - interval '2 hours'"


class Keeper:
    """Recovers jobs whose worker has been silent for long, and keeps the tables small."""

    name = "keeper"
    pause_seconds = 5.0

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario

    def turn(self, connection: Connection) -> None:
        """One round."""
        text = {"message": LEASE_EXPIRED.message, "code": LEASE_EXPIRED.code}
        connection.execute(transitions.RECOVER, {"lease": self.scenario.recovers_after_seconds} | text)
        for statement in (_DELETE_FINISHED, _DELETE_DEAD, _DELETE_SILENT):
            connection.execute(statement)
