"""Live jobs of a table: counts and ages by lane, never looking at a finished row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobqueue_exporter.engines.sql.relation import interval
from jobqueue_exporter.engines.sql.tally import LABEL_LENGTH
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.model import State

OLDEST_SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class Bucket:
    """Rows of one sort: what they count as, and how to find and date them."""

    state: State
    where: str
    since: str
    flag: str = "false"


def buckets(layout: Layout, lease_seconds: float, *, dead_elsewhere: bool) -> tuple[Bucket, ...]:
    """The sorts of live row that this table can hold; each row is in one of them.

    `flag` marks a row that waits for a retry, or a running one whose lease has expired.
    """
    waiting = layout.state_is("waiting", "retry")
    found = [Bucket(State.PENDING, f"{waiting} AND {due}", layout.since) for due in layout.due]
    if layout.has("run_at"):
        later = f"{waiting} AND {layout.sql('run_at')} > now()"
        found.append(Bucket(State.SCHEDULED, later, "NULL::timestamptz", retried(layout)))
    if layout.states["blocked"]:
        found.append(Bucket(State.BLOCKED, layout.state_is("blocked"), "NULL::timestamptz"))
    if layout.states["running"]:
        stuck = expired(layout, lease_seconds)
        found.append(Bucket(State.RUNNING, layout.state_is("running"), layout.running_since, stuck))
    if layout.states["dead_letter"] and not dead_elsewhere:
        found.append(Bucket(State.DEAD_LETTER, layout.state_is("dead_letter"), layout.died_at))
    return tuple(found)


def retried(layout: Layout) -> str:
    """The condition that a waiting row has failed before."""
    tried = f"coalesce({layout.sql('attempts')} > 0, false)" if layout.has("attempts") else "false"
    return f"({tried} OR {layout.state_is('retry')})" if layout.states["retry"] else tried


def beat(layout: Layout) -> str:
    """The last sign of life of a running job; one from the future is no sign."""
    signs = ", ".join(layout.sql(role) for role in ("heartbeat_at", "started_at") if layout.has(role))
    return f"coalesce({signs})"


def expired(layout: Layout, lease_seconds: float) -> str:
    """The condition that a running row's heartbeat is older than the lease."""
    if not layout.has("heartbeat_at"):
        return "false"
    lease = interval(lease_seconds)
    return f"coalesce({beat(layout)} NOT BETWEEN now() - {lease} AND now() + {lease}, false)"


def query(layout: Layout, found: Iterable[Bucket], cap: int) -> str:
    """One statement for all buckets; each stops reading one row past the cap."""
    queue, kind = layout.sql("queue", "NULL::text"), layout.sql("kind", "NULL::text")
    return "\nUNION ALL\n".join(
        f"SELECT '{b.state}', left(queue::text, {LABEL_LENGTH}), left(kind::text, {LABEL_LENGTH}), count(*),\n"
        f"       date_part('epoch', min(since)), count(*) FILTER (WHERE flag)\n"
        f"FROM (SELECT {queue} AS queue, {kind} AS kind, {b.since} AS since, {b.flag} AS flag\n"
        f"      FROM {layout.relation.sql} WHERE {b.where} LIMIT {cap + 1}) AS {b.state}\n"
        f"GROUP BY queue, kind"
        for b in found
    )


def oldest_query(layout: Layout) -> str | None:
    """The oldest due rows in index order, for when a count stopped at its cap; None without such an index."""
    if not layout.has("run_at") or not layout.relation.led_by(
        layout.columns["state"].name, layout.columns["run_at"].name
    ):
        return None
    queue, kind = layout.label("queue"), layout.label("kind")
    run_at, state = layout.columns["run_at"], layout.columns["state"].sql
    branches = "\nUNION ALL\n".join(
        f"(SELECT {queue}, {kind}, date_part('epoch', {layout.since}) FROM {layout.relation.sql}\n"
        f" WHERE {state} = {word} AND {run_at.moment} <= now() ORDER BY {run_at.sql} LIMIT {OLDEST_SAMPLE})"
        for word in layout.words("waiting", "retry")
    )
    return branches or None
