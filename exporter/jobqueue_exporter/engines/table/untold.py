"""Of workers and stuck jobs, what a jobs table cannot tell, and what would let it."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.engines.protocol import Finding, Status
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.model import State


def findings(plan: Plan) -> Iterator[Finding]:
    """A finding for each of the two that cannot be told."""
    jobs = plan.jobs
    if State.RUNNING not in plan.told_states:
        why = f"no state of {jobs.relation.label} says that a job runs; name it under states.running"
        lacking: tuple[str, ...] = ()
    else:
        lacking = tuple(f"columns.{role}" for role in ("heartbeat_at", "worker") if not jobs.has(role))
        why = f"{jobs.relation.label} has no column for {' and '.join(lacking)}"
    if plan.workers is None and not plan.by_rows and "workers" not in plan.problems:
        yield Finding(
            Status.INFO,
            "workers",
            f"whether workers live cannot be told: no heartbeat table is read, and {why}; `jobqueue sql heartbeats` "
            "prints a table for them, and what they write to it",
        )
    if "columns.heartbeat_at" in lacking:
        yield Finding(
            Status.INFO,
            "stuck",
            f"stuck jobs cannot be told: {jobs.relation.label} has no column for columns.heartbeat_at, which a worker "
            "sets to now() every few seconds while it runs the job",
        )
