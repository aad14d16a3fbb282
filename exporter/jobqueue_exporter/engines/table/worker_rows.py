"""The workers of a jobs table, one by one."""

from __future__ import annotations

import math
from collections import defaultdict

from jobqueue_exporter.config.types import Heartbeats, Source
from jobqueue_exporter.engines.operations import WorkerProcess
from jobqueue_exporter.engines.sql.relation import Type, interval
from jobqueue_exporter.engines.table import jobs
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.engines.table.worker_table import MOST_WORKERS, WorkerLayout
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Row, Session

MOST_HELD = 10_000


def read(session: Session, plan: Plan, source: Source) -> list[WorkerProcess] | None:
    """Those of the heartbeat table that are not forgotten, else those that hold running jobs; None where none can be
    seen. The newest heartbeat comes first.

    Raises:
        Refused: a heartbeat table is configured and cannot be read.
        psycopg.Error: the database failed.
    """
    if "workers" in plan.problems:
        raise Refused(plan.problems["workers"])
    if plan.workers is None:
        return (_by_rows(_held(session, plan.jobs, source)) or None) if plan.by_rows else None
    held = _by_worker(_held(session, plan.jobs, source))
    forget = source.heartbeats.forget if source.heartbeats else Heartbeats(table="").forget
    rows = session.rows(_query(plan.workers, source.lease, forget))
    return [_process(row, held.get(row[0], [])) for row in rows if row[1] or row[2] or row[0] in held]


def _held(session: Session, jobs_table: Layout, source: Source) -> list[Row]:
    """Rows of (worker, job, whether it is live, its last credible heartbeat) of running jobs."""
    if not jobs_table.has("worker", "id") or not jobs_table.states["running"]:
        return []
    lease = interval(source.lease)
    beat = jobs.beat(jobs_table) if jobs_table.has("heartbeat_at") else "NULL::timestamptz"
    credible = f"beat <= now() + {lease} AND isfinite(beat)"
    return session.rows(
        f"SELECT worker, job, coalesce({credible} AND beat >= now() - {lease}, false),\n"
        f"       CASE WHEN {credible} THEN date_part('epoch', least(beat, now())) END\n"
        f"FROM (SELECT {jobs_table.text('worker')} AS worker, {jobs_table.text('id')} AS job, {beat} AS beat\n"
        f"      FROM {jobs_table.relation.sql} WHERE {jobs_table.state_is('running')} LIMIT {MOST_HELD}) AS held\n"
        "WHERE worker <> '' ORDER BY job"
    )


def _by_worker(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row)
    return found


def _by_rows(rows: list[Row]) -> list[WorkerProcess]:
    found = [
        WorkerProcess(
            id=worker,
            live=any(row[2] for row in held),
            heartbeat_at=max((row[3] for row in held if row[3] is not None), default=None),
            busy=len(held),
            jobs=tuple(row[1] for row in held),
        )
        for worker, held in _by_worker(rows).items()
    ]
    return sorted(found, key=lambda one: (-(one.heartbeat_at or 0), one.id))


def _query(layout: WorkerLayout, lease_seconds: float, forget_seconds: float) -> str:
    """A row for each worker: its id, live, lately seen, heartbeat, start, queues, slots, busy, version, binaries."""
    beat, lease = layout.columns["heartbeat_at"].moment, interval(lease_seconds)
    return (
        f"SELECT {layout.columns['worker_id'].sql}::text, {beat} BETWEEN now() - {lease} AND now() + {lease},\n"
        f"       {beat} >= now() - {interval(forget_seconds)},\n"
        f"       CASE WHEN {beat} <= now() + {lease} THEN date_part('epoch', least({beat}, now())) END,\n"
        f"       date_part('epoch', {_started_at(layout)}), {layout.queues}, {layout.sql('slots', 'float8')},\n"
        f"       {layout.sql('busy', 'float8')}, {_version(layout)}, {layout.sql('binaries', 'jsonb')}\n"
        f"FROM {layout.relation.sql} WHERE {beat} > timestamptz '-infinity'\n"
        f"ORDER BY {beat} DESC LIMIT {MOST_WORKERS}"
    )


def _started_at(layout: WorkerLayout) -> str:
    column = layout.relation.columns.get("started_at")
    return column.moment if column and column.type in (Type.TIME, Type.NUMBER) else "NULL::timestamptz"


def _version(layout: WorkerLayout) -> str:
    column = layout.relation.columns.get("version")
    return f"{column.sql}::text" if column else "NULL::text"


def _process(row: Row, held: list[Row]) -> WorkerProcess:
    worker, live, _, beat, started, queues, slots, busy, version, binaries = row
    return WorkerProcess(
        id=worker or "",
        live=bool(live),
        heartbeat_at=beat,
        started_at=_finite(started),
        queues=None if queues is None else tuple(queue for queue in queues if queue),
        slots=_whole(slots),
        busy=_whole(busy),
        version=version or "",
        binaries={str(name): bool(there) for name, there in binaries.items()} if isinstance(binaries, dict) else {},
        jobs=tuple(job for _, job, *_ in held),
    )


def _whole(number: float | None) -> int | None:
    return int(number) if number is not None and 0 <= number < math.inf else None


def _finite(moment: float | None) -> float | None:
    return moment if moment is not None and math.isfinite(moment) else None
