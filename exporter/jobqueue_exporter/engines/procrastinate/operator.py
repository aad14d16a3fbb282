"""Lists, shows, requeues and reclaims single jobs, by procrastinate's own procedures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Detail, Job, Wanted
from jobqueue_exporter.engines.procrastinate import changes, job_rows, schema
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Postgres, Session
from jobqueue_exporter.sources.postgres_writes import PostgresWrites

_LARGEST_ID = 2**63 - 1
T = TypeVar("T")


class ProcrastinateOperator:
    """Acts on the jobs of one source. Readings go by `dsn`, changes by `write_dsn` where there is one."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._reads = Postgres(dsn.parse(source.dsn), connect_timeout=source.timeout)
        self._schemas: dict[Postgres, Schema] = {}
        self._writes = PostgresWrites(dsn.parse(source.write_dsn or source.dsn), connect_timeout=source.timeout)

    def list(self, wanted: Wanted) -> Iterator[Job]:
        """The jobs that are wanted, the first enqueued first. Raises SourceError."""

        def read(session: Session, found: Schema) -> list[Job]:
            rows = session.rows(job_rows.list_query(found, wanted))
            return [job_rows.job(row, found.jobs.name) for row in rows]

        yield from self._in_session(self._reads, read)

    def inspect(self, job_id: str) -> Detail | None:
        """All of one job; None when there is no such job. Its payload needs the right to read all columns.

        Raises SourceError.
        """
        identity = _identity(job_id)
        return None if identity is None else self._in_session(self._reads, lambda s, f: _detail(s, f, identity))

    def requeue(self, ids: Sequence[str]) -> Iterator[Change]:
        """Gives failed jobs back to their workers, due at once. Raises SourceError."""
        yield from self._changed(ids, changes.requeue)

    def reclaim(self, ids: Sequence[str]) -> Iterator[Change]:
        """Gives running jobs whose worker is gone or silent to other workers. Raises SourceError."""
        yield from self._changed(ids, lambda s, f, i: changes.reclaim(s, f, i, self._source.lease))

    def close(self) -> None:
        """Give the connections back."""
        self._reads.close()
        self._writes.close()

    def _changed(self, ids: Sequence[str], change: Callable[[Session, Schema, int], Change]) -> Iterator[Change]:
        """Each in a transaction of its own. One that is locked by another is reported, and the next is tried."""
        for text in ids:
            identity = _identity(text)
            if identity is None:
                yield Change(text, False, f"there is no job {text[:40]!r}: ids are whole numbers")
                continue
            yield self._in_session(self._writes, partial(_one, change, identity))

    def _in_session(self, database: Postgres, act: Callable[[Session, Schema], T]) -> T:
        with database.session(time.monotonic() + self._source.timeout) as session:
            if database not in self._schemas:
                self._schemas[database] = schema.read(session, self._source.schema)
            return act(session, self._schemas[database])


def _one(change: Callable[[Session, Schema, int], Change], identity: int, session: Session, found: Schema) -> Change:
    return change(session, found, identity)


def _detail(session: Session, found: Schema, identity: int) -> Detail | None:
    rows = session.rows(job_rows.job_query(found, identity))
    if not rows:
        return None
    events = session.rows(job_rows.events_query(found, identity)) if found.events else []
    try:
        rest = session.contained(lambda: session.rows(job_rows.rest_query(found, identity))[0][0])
    except Refused as error:
        rest = {"args": "", "payload": f"not readable: {error}"}
    payload = rest.pop("args", "")
    return Detail(
        job=job_rows.job(rows[0], found.jobs.name),
        payload=payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False),
        events=tuple(job_rows.event(row) for row in events),
        more={name: str(value) for name, value in rest.items() if value is not None},
    )


def _identity(text: str) -> int | None:
    """The number of a job; None for a text that can be none."""
    if not (text.isascii() and text.isdigit()) or int(text) > _LARGEST_ID:
        return None
    return int(text)
