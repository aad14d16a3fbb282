"""Which indexes would make a reading cheap, as exact statements."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.engines.protocol import Finding, Status
from jobqueue_exporter.engines.table import walk
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.engines.table.relation import Relation

# Below this a whole scan costs about a millisecond, and an index is not worth its upkeep.
SMALL_ROWS = 50_000
# Heartbeats write these, and an index on any of them would end HOT updates.
BEATEN = ("heartbeat_at", "updated_at")


def indexes(plan: Plan) -> Iterator[Finding]:
    """A finding for each index that is there or would help; never one on a column that heartbeats write."""
    yield from _live(plan.jobs)
    if plan.events is not None:
        yield from _events(plan)


def live_indexes(layout: Layout) -> str:
    """The statements for indexes that hold live rows only, and all that counting them needs.

    The short one is deduplicated, so that counting along it costs half; the long one dates the rows.
    """
    lane = [layout.columns[role].name for role in walk.LANE_ROLES if layout.has(role)]
    state = layout.columns["state"]
    dated = [layout.columns[role].name for role in ("run_at", "created_at") if layout.has(role)]
    tried = [layout.columns["attempts"].name] if layout.has("attempts") else []
    included = f" INCLUDE ({_listed(tried)})" if tried else ""
    where = f" WHERE {state.sql} NOT IN ({', '.join(ended)})" if (ended := _ended(layout)) else ""
    table, name = layout.relation.sql, layout.relation.name
    count, due = (Identifier(f"{name[:50]}_{suffix}").as_string() for suffix in ("live_count", "live_due"))
    return (
        f"CREATE INDEX CONCURRENTLY {count} ON {table} ({_listed([state.name, *lane])}){where};\n"
        f"CREATE INDEX CONCURRENTLY {due} ON {table} ({_listed([state.name, *lane, *dated])}){included}{where};"
    )


def _ended(layout: Layout) -> tuple[str, ...]:
    """The values of finished rows that the table was seen to hold, else all that it may."""
    words = [word for meaning in ("finished", "discarded", "cancelled") for word in layout.states[meaning]]
    return tuple(Literal(word).as_string() for word in [word for word in words if word in layout.observed] or words)


def _live(layout: Layout) -> Iterator[Finding]:
    relation, state = layout.relation, layout.columns["state"].name
    if _has_live_index(layout):
        yield Finding(Status.OK, "index", f"{relation.label} has an index that serves the counts of live jobs")
    elif relation.rows_estimate < SMALL_ROWS:
        rows = f"about {relation.rows_estimate} rows"
        yield Finding(Status.OK, "index", f"{relation.label} is small ({rows}): no index is needed for counting")
    elif relation.led_by(state):
        yield Finding(
            Status.INFO,
            "index",
            f"live rows of {relation.label} are found by an index on {state}, but each is fetched from the table; "
            "these hold all that counting needs",
            live_indexes(layout),
        )
    else:
        yield Finding(
            Status.WARNING,
            "index",
            f"no index of {relation.label} starts with {state}: each scrape reads all {relation.rows_estimate} rows",
            live_indexes(layout),
        )


def _has_live_index(layout: Layout) -> bool:
    if walk.possible(layout):
        return True
    needed = {
        layout.columns[role].name
        for role in ("state", "queue", "kind", "run_at", "created_at", "attempts")
        if layout.has(role)
    }
    return any(
        index.keys[:1] == (layout.columns["state"].name,) and needed <= {*index.keys, *index.included}
        for index in layout.relation.indexes
    )


def _events(plan: Plan) -> Iterator[Finding]:
    events = plan.events
    if events is None:
        return
    relation = events.relation
    if not events.served:
        yield Finding(
            Status.WARNING,
            "index",
            f"flows cannot be told: no index of {relation.label} starts with {events.created_at.name}",
            _plain_index(relation, events.created_at.name),
        )
    if not relation.led_by(events.job_id.name):
        yield Finding(
            Status.INFO,
            "index",
            f"run times cannot be told: no index of {relation.label} starts with {events.job_id.name}",
            _plain_index(relation, events.job_id.name),
        )


def _plain_index(relation: Relation, column: str) -> str:
    name = Identifier(f"{relation.name}_{column}"[:63]).as_string()
    return f"CREATE INDEX CONCURRENTLY {name} ON {relation.sql} ({Identifier(column).as_string()});"


def _listed(names: list[str]) -> str:
    return ", ".join(Identifier(name).as_string() for name in names)
