"""Which indexes would make a reading cheap or let it tell more, and what cannot be told for want of one."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.engines.protocol import Finding, Status
from jobqueue_exporter.engines.sql.relation import Relation
from jobqueue_exporter.engines.table import finished_flows, indexes, observed
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.model import Flow

# Below this a whole scan costs about a millisecond, and an index is not worth its upkeep.
SMALL_ROWS = 50_000
# Written once, so that an index on them is no burden to heartbeats; each with what it lets us count.
_COUNTING = {"finished_at": (Flow.COMPLETED, "finished"), "created_at": (Flow.ENQUEUED, "enqueued")}
_KINDS = {"v": "view", "m": "materialized view", "f": "foreign table"}


def findings(plan: Plan) -> Iterator[Finding]:
    """A finding for each index that is there or would help; never one on a column that heartbeats write."""
    yield from _live(plan)
    yield from _states(plan.jobs)
    if plan.events is not None:
        yield from _events(plan)
    elif "flows" not in plan.problems:
        yield from _counters(plan.jobs)


def _live(plan: Plan) -> Iterator[Finding]:
    layout = plan.jobs
    relation, state, rows = layout.relation, layout.columns["state"].name, layout.relation.rows_estimate
    label = relation.label
    if _has_live_index(plan) or indexes.lives_curtailed(layout):
        yield Finding(Status.OK, "index", f"{label} has an index that serves the counts of live jobs")
    elif rows is not None and rows < SMALL_ROWS:
        yield Finding(Status.OK, "index", f"{label} is small (about {rows} rows): no index is needed for counting")
    elif kind := _KINDS.get(relation.relkind):
        yield Finding(
            Status.INFO,
            "index",
            f"{label} is a {kind}: what counting costs is decided by what it stands on; `jobqueue sql --explain` "
            "shows the plans",
        )
    elif rows is None:
        yield Finding(
            Status.INFO,
            "index",
            f"how many rows {label} has is not known, since it was never analysed: run this, then doctor again",
            f"ANALYZE {relation.sql};",
        )
    elif relation.led_by(state):
        yield _advised(
            Status.INFO,
            relation,
            f"live rows of {label} are found by an index on {state}, but each is fetched from the table; "
            "these hold all that counting needs",
            indexes.live(layout),
        )
    else:
        yield _advised(
            Status.WARNING,
            relation,
            f"no index of {label} starts with {state}: each scrape reads all {rows} rows",
            indexes.live(layout),
        )


def _has_live_index(plan: Plan) -> bool:
    """Whether live jobs are counted along an index, or an index of all rows holds what counting needs."""
    layout = plan.jobs
    needed = {
        layout.columns[role].name
        for role in ("state", "queue", "kind", "run_at", "created_at", "attempts")
        if layout.has(role)
    }
    return plan.walks or any(
        index.keys[:1] == (layout.columns["state"].name,)
        and not index.predicate
        and needed <= {*index.keys, *index.included}
        for index in layout.relation.indexes
    )


def _states(layout: Layout) -> Iterator[Finding]:
    """Where the values of the state column are only sampled."""
    relation, column = layout.relation, layout.columns["state"]
    rows = relation.rows_estimate
    if layout.complete or relation.led_by(column.name) or (rows is not None and rows <= observed.SMALL_ROWS):
        return
    yield Finding(
        Status.INFO,
        "states",
        f"no index of all rows of {relation.label} starts with {column.name}: a rare state that is not mapped cannot "
        "be noticed, and its jobs are not counted; see that `states` names all there are",
    )


def _events(plan: Plan) -> Iterator[Finding]:
    events, jobs = plan.events, plan.jobs
    if events is None:
        return
    relation = events.relation
    if not events.served:
        yield _wanting(Status.WARNING, "flows cannot be told", relation, events.created_at.name)
    if not events.by_job:
        yield _wanting(Status.INFO, "run times cannot be told", relation, events.job_id.name)
    if events.served and not jobs.relation.led_by(jobs.columns["id"].name):
        yield _advised(
            Status.INFO,
            jobs.relation,
            f"no index of {jobs.relation.label} starts with {jobs.columns['id'].name}, by which each event finds its "
            "job: reading flows reads the whole table",
            indexes.one(jobs, "id"),
        )


def _wanting(status: Status, what: str, relation: Relation, column: str) -> Finding:
    text = f"{what}: no index of {relation.label} starts with {column}"
    return _advised(status, relation, text, indexes.plain(relation, column))


def _counters(jobs: Layout) -> Iterator[Finding]:
    """Why there are no counters where there is no events table, or not all."""
    told = finished_flows.tells(jobs)
    lacking = {role: word for role, (flow, word) in _COUNTING.items() if flow not in told}
    reasons = {role: _not_counted(jobs, role) for role in lacking}
    if not any(reasons.values()):
        return
    of = f" of {' and of '.join(lacking.values())} jobs" if len(lacking) < len(_COUNTING) else ""
    missing = [role for role in lacking if jobs.has(role) and not jobs.relation.led_by(jobs.columns[role].name)]
    yield _advised(
        Status.INFO,
        jobs.relation,
        f"counters{of} cannot be told: no events table is read, and {'; '.join(filter(None, reasons.values()))}",
        "\n".join(filter(None, (indexes.one(jobs, role) for role in missing))),
        "flows",
    )


def _not_counted(jobs: Layout, role: str) -> str:
    """Why jobs cannot be counted by the column of this role; "" when no index is to blame."""
    label = jobs.relation.label
    if not jobs.has(role):
        return f"{label} has no column for columns.{role}"
    name = jobs.columns[role].name
    if jobs.relation.led_by(name):
        return ""
    why = f"no index of {label} starts with {name}"
    return f"{why}, nor should one: heartbeats write it" if name in indexes.beaten(jobs) else why


def _advised(status: Status, relation: Relation, text: str, statement: str, topic: str = "index") -> Finding:
    """A finding with statements that make indexes; where they keep writers out, it says so."""
    locked = statement and indexes.locks(relation)
    return Finding(
        status,
        topic,
        text + ("; on a partitioned table making it keeps writers out until it is done" if locked else ""),
        statement,
    )
