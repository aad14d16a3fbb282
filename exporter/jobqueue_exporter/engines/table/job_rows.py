"""Single jobs in the jobs table, in the states in which they are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jobqueue_exporter.engines.table import jobs
from jobqueue_exporter.engines.table.dead_letters import whole_error
from jobqueue_exporter.engines.table.jobs import Bucket
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.shelf import Shelf
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State

_TIMES = {"created_at": "created_at", "due_at": "run_at", "started_at": "started_at"}
_LAST = ("updated_at", "heartbeat_at")
_ENDED = ("finished", "discarded", "cancelled")


def shelf(layout: Layout, lease_seconds: float, *, dead_elsewhere: bool) -> Shelf:
    """What rows of a jobs table tell. Raises Refused when it has no column that tells jobs apart."""
    if not layout.has("id"):
        raise Refused(f"{layout.relation.label} has no column that tells jobs apart: name it under columns.id")
    buckets = jobs.buckets(layout, lease_seconds, dead_elsewhere=dead_elsewhere)
    times = {name: layout.sql(role) for name, role in _TIMES.items() if layout.has(role)}
    return Shelf(
        relation=layout.relation,
        id=layout.columns["id"],
        queue=layout.label("queue"),
        kind=layout.label("kind"),
        word=layout.text("state"),
        state=_case(buckets, "text", _state),
        error=whole_error(layout.errors),
        errors=layout.errors,
        told=frozenset(column.name for role, column in layout.columns.items() if role != "error"),
        words=frozenset(word for words in layout.states.values() for word in words),
        stuck=_stuck(layout, lease_seconds),
        attempts=layout.sql("attempts"),
        max_attempts=layout.sql("max_attempts"),
        worker=layout.text("worker"),
        moments={
            **times,
            **{role: layout.sql(role) for role in _LAST if layout.has(role)},
            "since": _case(buckets, "timestamptz", lambda bucket: bucket.since),
            "ended_at": _ended_at(layout),
        },
    )


def _case(buckets: Iterable[Bucket], of_type: str, told: Callable[[Bucket], str]) -> str:
    """What is told of the rows of each sort; a NULL of this type for all others."""
    cases = " ".join(f"WHEN {bucket.where} THEN {told(bucket)}" for bucket in buckets)
    return f"CASE {cases} ELSE NULL::{of_type} END"


def _state(bucket: Bucket) -> str:
    if bucket.state is not State.SCHEDULED:
        return f"'{bucket.state}'"
    return f"CASE WHEN {bucket.flag} THEN '{State.RETRYING}' ELSE '{State.SCHEDULED}' END"


def _stuck(layout: Layout, lease_seconds: float) -> str:
    if not layout.has("heartbeat_at"):
        return "NULL::boolean"
    return f"CASE WHEN {layout.state_is('running')} THEN {jobs.expired(layout, lease_seconds)} END"


def _ended_at(layout: Layout) -> str:
    """A job that lives again may still show when it once ended."""
    finished = layout.sql("finished_at", "NULL::timestamptz")
    return (
        f"CASE WHEN {layout.state_is('dead_letter')} THEN {layout.died_at}\n"
        f"     WHEN {layout.state_is(*_ENDED)} THEN {finished} END"
    )
