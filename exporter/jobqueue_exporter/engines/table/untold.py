"""Of workers, stuck jobs and failures, what a jobs table cannot tell, and what would let it."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.engines.protocol import Finding, Status
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.model import Flow, State


def findings(plan: Plan) -> Iterator[Finding]:
    """A finding for each of the three that cannot be told."""
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
    if Flow.COMPLETED in plan.tells and not plan.tells_failures:
        yield Finding(
            Status.INFO,
            "failures",
            f"jobs are counted as they are completed, not as they fail for good: {_why_not(plan)}; until then alerts "
            "on failures go by how the number of dead letters grows",
        )


def _why_not(plan: Plan) -> str:
    if plan.flow_events is not None:
        return f"no stage of {plan.flow_events.relation.label} says so; name one under events.dead_letter"
    if plan.jobs.states["dead_letter"]:
        column = f"{plan.jobs.relation.label}.{plan.jobs.columns['finished_at'].name}"
        return f"{column} is filled on success alone; an indexed finished_at that is filled at each end tells both"
    return f"no state of {plan.jobs.relation.label} says so; name one under states.dead_letter"
