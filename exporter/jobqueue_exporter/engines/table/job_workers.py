"""Workers as job rows show them: who holds a running job, and when it last beat.

An idle worker leaves no trace in such a table, so nothing can be told unless jobs run.
"""

from __future__ import annotations

from collections import Counter

from jobqueue_exporter.engines.sql.relation import interval
from jobqueue_exporter.engines.sql.tally import LABEL_LENGTH, lane
from jobqueue_exporter.engines.table.jobs import beat, expired
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.model import State, Workers
from jobqueue_exporter.sources.postgres import Row


def told(layout: Layout) -> bool:
    """Whether job rows say who works on them and that they are alive."""
    return layout.has("worker", "heartbeat_at") and bool(layout.states["running"])


def query(layout: Layout, lease_seconds: float, cap: int) -> str:
    """Running rows by lane and worker: the columns of `jobs.query`, then the worker, whether it is live,
    and its newest credible heartbeat. One pass for jobs and workers, since each row is fetched from the table."""
    lease = interval(lease_seconds)
    credible = f"beat <= now() + {lease} AND isfinite(beat)"
    return (
        f"SELECT '{State.RUNNING}', left(queue::text, {LABEL_LENGTH}), left(kind::text, {LABEL_LENGTH}), count(*),\n"
        f"       date_part('epoch', min(since)), count(*) FILTER (WHERE flag), worker,\n"
        f"       coalesce(bool_or({credible} AND beat >= now() - {lease}), false),\n"
        f"       date_part('epoch', max(least(beat, now())) FILTER (WHERE {credible}))\n"
        f"FROM (SELECT {layout.sql('queue', 'NULL::text')} AS queue, {layout.sql('kind', 'NULL::text')} AS kind,\n"
        f"             {layout.text('worker')} AS worker, {layout.running_since} AS since,\n"
        f"             {beat(layout)} AS beat, {expired(layout, lease_seconds)} AS flag\n"
        f"      FROM {layout.relation.sql} WHERE {layout.state_is('running')} LIMIT {cap + 1}) AS held\n"
        "GROUP BY queue, kind, worker"
    )


def workers(rows: list[Row], default_queue: str) -> Workers | None:
    """The workers that the rows tell of; None when no job runs."""
    held = [
        (lane(queue, "", default_queue).queue, worker, *beats)
        for _, queue, _, _, _, _, worker, *beats in rows
        if worker
    ]
    if not held:
        return None
    live_at = {(queue, worker) for queue, worker, live, _ in held if live}
    live = {worker for _, worker in live_at}
    return Workers(
        live=len(live),
        stale=len({worker for _, worker, *_ in held} - live),
        newest_heartbeat=max((beaten for *_, beaten in held if beaten is not None), default=None),
        by_queue=dict.fromkeys((queue for queue, *_ in held), 0) | Counter(queue for queue, _ in live_at),
    )
