"""All that is kept of one job."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from jobqueue_exporter.engines.operations import Detail, Event
from jobqueue_exporter.engines.sql import clock
from jobqueue_exporter.engines.sql.relation import Column, Type
from jobqueue_exporter.engines.table import ids
from jobqueue_exporter.engines.table.catalogue import Catalogue
from jobqueue_exporter.engines.table.event_flows import EventLayout
from jobqueue_exporter.engines.table.shelf import Shelf, typed
from jobqueue_exporter.engines.table.words import shown
from jobqueue_exporter.sources.postgres import Session

NEWEST = 200
_PAYLOADS = ("payload", "args", "data", "arguments", "params", "original_payload")
_EVENT_TEXTS = ("data", "details", "message", "text", "note", "reason")


@dataclass(frozen=True, slots=True)
class Found:
    """A job as a table has it. It has events only if that is the jobs table: others have ids of their own."""

    detail: Detail
    own: bool

    def without_events(self, why: str) -> Detail:
        """The job, and why its events are not told."""
        return replace(self.detail, more={**self.detail.more, "events": f"not read: {why}"})


def of(session: Session, known: Catalogue, job_id: str) -> Found | None:
    """A job but for its events; None when there is no such job. Raises psycopg.Error and TimedOut."""
    rows = {shelf.relation.label: _of(session, known, shelf, job_id) for shelf in known.shelves}
    found = [detail for detail in rows.values() if detail is not None]
    if not found:
        return None
    own = rows[known.jobs.relation.label] is not None
    if len(found) == 1:
        return Found(found[0], own)
    also = f"{known.shelves[-1].relation.label} has a row with this id too"
    return Found(replace(found[0], more={**found[0].more, "same id": also}), own)


def with_events(session: Session, known: Catalogue, found: Found) -> Detail:
    """The job with its newest events, the oldest of them first. Raises psycopg.Error and TimedOut."""
    events, detail = known.plan.events, found.detail
    if events is None or not found.own:
        problem = known.plan.problems.get("flows") if found.own else None
        return found.without_events(problem) if problem else detail
    rows = session.rows(_events_query(events, known.jobs.id, detail.job.id))
    told = [Event(at, what or "", text or "") for at, what, text in reversed(rows) if at is not None]
    return replace(detail, events=tuple(event for event in told if math.isfinite(event.at)))


def _of(session: Session, known: Catalogue, shelf: Shelf, job_id: str) -> Detail | None:
    identity = ids.written(session, shelf.id, [job_id]).get(job_id)
    if identity is None:
        return None
    payload, others = _payload(shelf), list(_others(known, shelf))
    texts = [f"{column.sql}::text" for column in ([payload] if payload else []) + others]
    rows = session.rows(
        f"SELECT {', '.join([*texts, shelf.columns(whole=True)])}\n"
        f"FROM {shelf.relation.sql} WHERE {ids.among(shelf, [identity])} LIMIT 1"
    )
    if not rows:
        return None
    told, row = list(rows[0][: len(texts)]), rows[0][len(texts) :]
    carried = told.pop(0) if payload else None
    job = known.job(row)
    more = {
        column.name: text
        for column, text in zip(others, told, strict=True)
        if text is not None and not (column in shelf.errors and text == job.error)
    }
    return Detail(
        job=job,
        now=clock.read(session).now,
        payload=carried or "",
        more={**more, **dict(_remarks(known, shelf, job.word))},
    )


def _payload(shelf: Shelf) -> Column | None:
    columns = shelf.relation.columns
    return next((columns[name] for name in _PAYLOADS if name in columns), None)


def _others(known: Catalogue, shelf: Shelf) -> Iterator[Column]:
    """The columns that neither a field of Job nor the payload tells. An error in JSON has more than its text."""
    told = {shelf.id.name, *shelf.told}
    payload = _payload(shelf)
    told |= {payload.name} if payload else set()
    for name, column in shelf.relation.columns.items():
        if name not in told:
            yield column


def _remarks(known: Catalogue, shelf: Shelf, word: str) -> Iterator[tuple[str, str]]:
    """What to say of the row that no column of it does."""
    relation = shelf.relation
    if shelf is not known.jobs:
        yield "table", relation.label
    if word and word not in shelf.words:
        yield "not understood", f"what {shown(word)} means is not known: add it to the words of {relation.label}"
    if relation.denied:
        listed = ", ".join(relation.denied)
        yield "not readable", f"{listed} of {relation.label}: this role has no right to read it"


def _events_query(events: EventLayout, identity: Column, job_id: str) -> str:
    """Rows of (moment, word, text), the newest first."""
    columns = events.relation.columns
    moment = events.created_at.moment
    text = next((_text(columns[name]) for name in _EVENT_TEXTS if name in columns), "''")
    numbered = "id" in columns and columns["id"].type is Type.NUMBER
    order = ", id DESC" if numbered else ""
    return (
        f"SELECT date_part('epoch', {moment}), {events.stage.sql}::text, {text}\n"
        f"FROM {events.relation.sql} WHERE {events.job_id.sql} = {typed(job_id, identity)}\n"
        f"ORDER BY {events.created_at.sql} DESC{order} LIMIT {NEWEST}"
    )


def _text(column: Column) -> str:
    return f"nullif({column.sql}::text, '{{}}')"
