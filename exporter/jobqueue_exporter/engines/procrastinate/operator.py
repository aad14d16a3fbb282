"""Lists, shows and changes single jobs, by procrastinate's own procedures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Detail, Job, Order, Wanted, WorkerProcess
from jobqueue_exporter.engines.procrastinate import changes, details, job_rows, listing, procedures, processes, schema
from jobqueue_exporter.engines.procrastinate.namespace import WORKERS
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.errors import InDoubt, Refused
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

    @property
    def clock(self) -> float:
        """The source's clock now, in Unix seconds. Raises SourceError."""
        with self._reads.session(time.monotonic() + self._source.timeout) as session:
            return float(session.rows("SELECT date_part('epoch', clock_timestamp())")[0][0])

    def list(self, wanted: Wanted) -> Iterator[Job]:
        """The jobs that are wanted, the first enqueued first, or the last. Raises SourceError."""
        listing.check(wanted)
        last = None if wanted.after is None else _identity(wanted.after)
        if wanted.after is not None and last is None:
            raise Refused(f"there is no job {_short(wanted.after)} to go on after: ids are whole numbers")
        database = self._widest() if wanted.whole else self._reads
        left = wanted.limit
        while left is None or left > 0:
            most = listing.PAGE if left is None else min(listing.PAGE, left)
            page = self._page(database, wanted, last, most)
            yield from page
            if len(page) < most:
                return
            last = int(page[-1].id)
            left = None if left is None else left - most

    def look(self, ids: Sequence[str]) -> Iterator[Job]:
        """The jobs of these ids that are there, by their ids. Raises SourceError."""
        known = [found for found in map(_identity, ids) if found is not None]

        def read(session: Session, found: Schema) -> tuple[Job, ...]:
            rows = session.rows(job_rows.named_query(found, known, self._source.lease))
            return tuple(job_rows.job(row, found.jobs.name) for row in rows)

        yield from self._in_session(self._reads, read) if known else ()

    def inspect(self, job_id: str) -> Detail | None:
        """All of one job; None when there is no such job. Its payload needs the right to read all columns.

        Raises SourceError.
        """
        identity = _identity(job_id)
        if identity is None:
            return None
        return self._in_session(self._widest(), lambda s, f: details.read(s, f, identity, self._source.lease))

    def workers(self) -> Iterator[WorkerProcess] | None:
        """The workers that are known, those with the newest heartbeat first; None where this release keeps none.

        Raises SourceError, also where they may not be read.
        """
        found = self._in_session(self._reads, self._processes)
        return None if found is None else iter(found)

    def change(self, order: Order, ids: Sequence[str]) -> Iterator[Change]:
        """What became of each of these jobs, in their order: all in one transaction.

        Raises SourceError, and all are as they were.
        """
        procedures.check(order.operation)
        named = [_identity(text) for text in ids]
        known = list(dict.fromkeys(found for found in named if found is not None))
        made = self._made(order, known) if known else {}
        first: dict[int, str] = {}
        for text, identity in zip(ids, named, strict=True):
            if identity is None:
                yield Change(text, False, f"there is no job {_short(text)}: ids are whole numbers")
            elif identity in first:
                yield Change(text, False, f"the same job as {first[identity]}: named twice")
            else:
                first[identity] = text
                yield replace(made[identity], id=text)

    def close(self) -> None:
        """Give the connections back."""
        self._reads.close()
        self._writes.close()

    def _made(self, order: Order, ids: Sequence[int]) -> Mapping[int, Change]:
        """What became of them; where the connection broke during the commit, that this is not known."""
        told: Mapping[int, Change] = {}

        def act(session: Session, found: Schema) -> None:
            nonlocal told
            told = changes.made(session, found, order, ids, self._source.lease)

        try:
            self._in_session(self._writes, act)
        except InDoubt as error:
            if order.dry_run:
                return told
            lost = f"{error}: it may be in force or not, look at it again"
            return {i: replace(one, done=None, text=lost) if one.done else one for i, one in told.items()}
        return told

    def _page(self, database: Postgres, wanted: Wanted, after: int | None, most: int) -> tuple[Job, ...]:
        def read(session: Session, found: Schema) -> tuple[Job, ...]:
            rows = session.rows(listing.query(found, wanted, after, most, self._source.lease))
            return tuple(job_rows.job(row, found.jobs.name) for row in rows)

        return self._in_session(database, read)

    def _processes(self, session: Session, found: Schema) -> tuple[WorkerProcess, ...] | None:
        if found.workers is not None:
            return tuple(map(processes.process, session.rows(processes.query(found, self._source.lease))))
        if WORKERS in found.problems:
            raise Refused(found.problems[WORKERS])
        return None

    def _widest(self) -> Postgres:
        """The connection that may read all of a job: that for changes, where the one for readings may not."""
        if self._source.write_dsn is None:
            return self._reads
        denied = self._in_session(self._reads, lambda _, found: found.jobs.denied)
        return self._writes if denied else self._reads

    def _in_session(self, database: Postgres, act: Callable[[Session, Schema], T]) -> T:
        with database.session(time.monotonic() + self._source.timeout) as session:
            if database not in self._schemas:
                self._schemas[database] = schema.read(session, self._source.schema)
            return act(session, self._schemas[database])


def _identity(text: str) -> int | None:
    """The number of a job; None for a text that can be none."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(_LARGEST_ID)) or int(text) > _LARGEST_ID:
        return None
    return int(text)


def _short(text: str | None) -> str:
    return repr((text or "")[:40])
