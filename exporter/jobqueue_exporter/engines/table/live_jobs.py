"""The core of a reading: the live jobs of a plan, on the source's clock."""

from __future__ import annotations

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.sql import clock
from jobqueue_exporter.engines.sql.tally import Tally, lane
from jobqueue_exporter.engines.table import dead_letter_table, job_workers, jobs, walk
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.model import Facts, State
from jobqueue_exporter.sources.postgres import Row, Session


def read(session: Session, plan: Plan, source: Source, *, walks: bool, bounded: bool = True) -> Facts:
    """Counts and ages of live jobs by lane, and their workers where only job rows tell.

    Raises:
        walk.Unsuited: it `walks`, and there is more than can be counted that way.
        psycopg.Error: the database failed.
    """
    time = clock.read(session)
    queue = plan.jobs.relation.name
    tally = Tally(
        time.snapshot,
        queue,
        plan.told_states,
        plan.dated_states,
        tells_stuck=plan.jobs.has("heartbeat_at") and State.RUNNING in plan.told_states,
    )
    held = session.rows(job_workers.query(plan.jobs, source.lease, source.count_cap)) if plan.by_rows else []
    for row in [*held, *_rows(session, plan, source, walks=walks, bounded=bounded)]:
        tally.add(row)
    capped = _capped(tally, source.count_cap, plan.told_states)
    if capped[State.PENDING]:
        _date_oldest(session, plan, tally)
    return Facts(
        lanes=tally.lanes(),
        empty_lane=tally.empty(),
        capped=capped,
        workers=job_workers.workers(held, queue),
        version=time.version,
        clock=time.now,
        lag_seconds=time.lag_seconds,
        notices=plan.notices,
    )


def _rows(session: Session, plan: Plan, source: Source, *, walks: bool, bounded: bool) -> list[Row]:
    """Rows of all tables that hold live jobs: what an index can be walked for so, the rest by reading it."""
    cap, dead_elsewhere = source.count_cap, plan.dead_letters is not None
    buckets = jobs.buckets(plan.jobs, source.lease, dead_elsewhere=dead_elsewhere)
    if plan.by_rows:
        buckets = tuple(one for one in buckets if one.state is not State.RUNNING)
    rows: list[Row] = []
    query = walk.query(plan.jobs, cap, dead=not dead_elsewhere, bounded=bounded) if walks else None
    if query is not None:
        rows += walk.rows(session.rows(query), cap)
        buckets = tuple(one for one in buckets if one.state not in walk.STATES)
    if buckets:
        rows += session.rows(jobs.query(plan.jobs, buckets, cap))
    if plan.dead_letters is not None:
        rows += session.rows(dead_letter_table.live_query(plan.dead_letters, cap))
    return rows


def _capped(tally: Tally, cap: int, told: frozenset[State]) -> dict[State, bool]:
    """Which states stopped at the cap. Scheduled and retrying rows are read together."""
    over = {state for state, count in tally.read.items() if count > cap}
    if State.SCHEDULED in over:
        over.add(State.RETRYING)
    return {state: state in over for state in State if state in told}


def _date_oldest(session: Session, plan: Plan, tally: Tally) -> None:
    """A count that stopped at its cap has not seen every row: look for the oldest by index."""
    query = jobs.oldest_query(plan.jobs)
    for queue, kind, since in session.rows(query) if query else ():
        tally.at_least_one(lane(queue, kind, plan.jobs.relation.name), State.PENDING, since)
