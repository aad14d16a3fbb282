"""Who changed which job, and why, as rows of the team's own events table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.engines.operations import Operation, Order
from jobqueue_exporter.engines.sql.relation import Type
from jobqueue_exporter.engines.table.event_flows import EventLayout
from jobqueue_exporter.engines.table.named_jobs import array
from jobqueue_exporter.engines.table.write_time import at_scale_of
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

COMMAND = "jobqueue"
_USUAL = ("data", "details", "payload", "meta", "metadata")
# None of them is a usual word for a flow: a job that starts anew was not enqueued again, and one that is given up has
# been counted when it died.
_STAGES = {
    Operation.REQUEUE: "requeued",
    Operation.RECLAIM: "reclaimed",
    Operation.CANCEL: "cancelled",
    Operation.ABANDON: "abandoned",
    Operation.DELETE: "deleted",
}
_REFERS = """
SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND conrelid = {events} AND confrelid = {jobs})
"""


_DETAILS = """
SELECT a.attname::text, format_type(a.atttypid, NULL)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND c.relname = {name} AND a.attnum > 0 AND NOT a.attisdropped
  AND a.atttypid IN ('json'::regtype, 'jsonb'::regtype) AND a.attname = ANY({usual}::text[])
ORDER BY array_position({usual}::text[], a.attname::text) LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Details:
    """A column of JSON: its name, and its type in SQL."""

    name: str
    declared: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written of one job: its state words before and after. `died` when it has no attempts left."""

    job_id: str
    was: str
    now: str
    died: bool = False


def written(session: Session, events: EventLayout | None, jobs_oid: int, order: Order, entries: list[Entry]) -> bool:
    """Writes a row for each entry if the events table takes it; whether it says who did it.

    Raises SourceError when the transaction cannot go on.
    """
    if events is None or not entries or (order.operation is Operation.DELETE and _refers(session, events, jobs_oid)):
        return False
    column = details_column(session, events.relation.schema, events.relation.name)
    try:
        session.contained(lambda: session.rows(_insert(events, column, order, entries)))
    except Refused:
        return False
    return column is not None


def details_column(session: Session, schema: str, table: str) -> Details | None:
    """The column that holds details of an event as JSON, if there is one; we need not be able to read it."""
    query = _DETAILS.format(
        schema=Literal(schema).as_string(), name=Literal(table).as_string(), usual=Literal(list(_USUAL)).as_string()
    )
    return next((Details(name, declared) for name, declared in session.rows(query)), None)


def stage(events: EventLayout, operation: Operation, *, died: bool) -> str:
    """The word for what happened. A job that is called off, or dies by being reclaimed, is counted as such, and so
    by the table's own word."""
    if operation is Operation.CANCEL and events.words.cancelled:
        return _own(events, events.words.cancelled, _STAGES[operation])
    if died and events.words.dead_letter:
        return _own(events, events.words.dead_letter, events.words.dead_letter[0])
    return _STAGES[operation]


def _own(events: EventLayout, words: tuple[str, ...], usual: str) -> str:
    labelled = [word for word in words if word in events.stage.labels]
    return labelled[0] if labelled else usual if usual in words else words[0]


def _refers(session: Session, events: EventLayout, jobs_oid: int) -> bool:
    query = _REFERS.format(events=events.relation.oids[0], jobs=jobs_oid)
    return bool(session.rows(query)[0][0])


def _insert(events: EventLayout, data: Details | None, order: Order, entries: Iterable[Entry]) -> str:
    found = list(entries)
    ids = array(entry.job_id for entry in found)
    was = array(entry.was for entry in found)
    now = array(entry.now for entry in found)
    stages = array(stage(events, order.operation, died=entry.died) for entry in found)
    values = {events.job_id.name: "one.id", events.stage.name: f"one.stage::{events.stage.cast}"}
    if at := _moment(events):
        values[events.created_at.name] = at
    if data is not None:
        values[data.name] = f"{_details(order)}::{data.declared}"
    names = ", ".join(Identifier(name).as_string() for name in values)
    return (
        f"WITH told AS (\n  INSERT INTO {events.relation.sql} ({names})\n  SELECT {', '.join(values.values())}\n"
        f"  FROM unnest({ids}::{events.job_id.cast}[], {stages}::text[], {was}::text[], {now}::text[])\n"
        "       AS one(id, stage, was, now)\n)\nSELECT 1"
    )


def _details(order: Order) -> str:
    said: Mapping[str, str] = {"command": COMMAND, "by": order.who} | ({"reason": order.reason} if order.reason else {})
    fixed = ", ".join(f"'{key}', {Literal(_sendable(text)).as_string()}::text" for key, text in said.items())
    return f"jsonb_build_object({fixed}, 'was', one.was, 'now', nullif(one.now, ''))"


def _sendable(text: str) -> str:
    """The text without what no database takes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _moment(events: EventLayout) -> str:
    """Now for the column of times; empty where only the table itself can tell how it writes them."""
    column = events.created_at
    if column.type is Type.TIME:
        return "now()"
    if not events.served:
        return ""
    return at_scale_of(f"(SELECT max({column.sql}) FROM {events.relation.sql})", column)
