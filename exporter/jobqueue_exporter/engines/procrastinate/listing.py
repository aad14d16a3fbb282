"""Which jobs are listed, page by page in the order of their ids."""

from __future__ import annotations

from psycopg.sql import Literal

from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.engines.procrastinate import job_rows
from jobqueue_exporter.engines.procrastinate.job_rows import ENDS, ENQUEUED
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.engines.sql.relation import interval
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State

PAGE = 1_000
_WORDS = {
    State.PENDING: "todo",
    State.SCHEDULED: "todo",
    State.RETRYING: "todo",
    State.BLOCKED: "todo",
    State.DEAD_LETTER: "failed",
}
_ARRIVAL = {State.RUNNING: ("started",), State.DEAD_LETTER: ENDS}


def check(wanted: Wanted) -> None:
    """Raises Refused when this is asked for what procrastinate never keeps."""
    if wanted.cause is not None or wanted.match is not None:
        raise Refused("procrastinate keeps no error of a job, so none can be chosen by it: leave out cause and match")
    if wanted.recovery is not None:
        raise Refused("procrastinate keeps no table of dead jobs and their recovery: choose by state")
    if wanted.state is State.BLOCKED and wanted.older_than is not None:
        raise Refused("procrastinate does not keep since when a job is blocked: leave its age out")


def query(schema: Schema, wanted: Wanted, after: int | None, limit: int, lease_seconds: float) -> str:
    """The next jobs that are wanted after this id, or the first. Raises Refused where this schema cannot tell them."""
    conditions = _conditions(schema, wanted)
    order = job_rows.order("id", newest=wanted.newest)
    if after is not None:
        conditions.append(f"id {'<' if wanted.newest else '>'} {after}")
    chosen = (
        f"SELECT * FROM ({job_rows.told(schema, lease_seconds)}) AS told\n"
        f"      WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {limit}"
    )
    return job_rows.query(schema, chosen, whole=wanted.whole, newest=wanted.newest)


def _conditions(schema: Schema, wanted: Wanted) -> list[str]:
    statuses = schema.running if wanted.state is State.RUNNING else f"'{_WORDS[wanted.state]}'"
    found = [f"status IN ({statuses})"]
    # Needless for the others, and Postgres would guess wrong how many there are.
    found += [f"state = '{wanted.state}'"] if statuses == "'todo'" else []
    found += [f"queue_name = {Literal(wanted.queue).as_string()}"] if wanted.queue is not None else []
    found += [f"task_name = {Literal(wanted.kind).as_string()}"] if wanted.kind is not None else []
    if wanted.stuck is not None:
        if not schema.tells_stuck:
            raise Refused(f"no heartbeats of workers can be read in schema {schema.jobs.schema}: leave stuck out")
        found.append(f"stuck IS {wanted.stuck}")
    if wanted.older_than is not None:
        found.append(f"{_arrival(schema, wanted.state)} < now() - {interval(wanted.older_than)}")
    return found


def _arrival(schema: Schema, state: State) -> str:
    """When the job of the row came into this state."""
    if schema.events is None:
        raise Refused("since when jobs are in their state is told by their events, which cannot be read: leave age out")
    words = schema.event(*_ARRIVAL.get(state, ENQUEUED))
    last = f"(SELECT max(at) FROM {schema.events.sql} AS e WHERE e.job_id = told.id AND e.type IN ({words}))"
    return f"greatest(scheduled_at, {last})" if state is State.PENDING else last
