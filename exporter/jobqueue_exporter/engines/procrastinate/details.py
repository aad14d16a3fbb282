"""All that is kept of one job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jobqueue_exporter.engines.operations import Detail
from jobqueue_exporter.engines.procrastinate import job_rows
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Row, Session


def read(session: Session, schema: Schema, job_id: int, lease_seconds: float) -> Detail | None:
    """The job and its events, with as much of the rest as may be read; None when there is no such job.

    Raises psycopg.Error.
    """
    rows, unread = _rows(session, schema, job_id, lease_seconds)
    if not rows:
        return None
    job = job_rows.job(rows[0], schema.jobs.name)
    events = session.rows(job_rows.events_query(schema, job_id)) if schema.events else None
    rest: Mapping[str, Any] = json.loads(job.row) if job.row else {"payload": unread}
    payload = rest.get("args", "")
    return Detail(
        job=job,
        now=float(session.rows("SELECT date_part('epoch', now())")[0][0]),
        payload=payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False),
        events=None if events is None else tuple(map(job_rows.event, events)),
        more={name: str(value) for name, value in rest.items() if value is not None and name not in ("args", "events")},
    )


def _rows(session: Session, schema: Schema, job_id: int, lease_seconds: float) -> tuple[list[Row], str]:
    """The job with all of its row, or without and why."""
    whole = job_rows.named_query(schema, [job_id], lease_seconds, whole=True)
    try:
        return session.contained(lambda: session.rows(whole)), ""
    except Refused as error:
        return session.rows(job_rows.named_query(schema, [job_id], lease_seconds)), f"not readable: {error}"
