"""Lists, shows and changes single jobs of a team's own table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Detail, Job, Order, Wanted, WorkerProcess
from jobqueue_exporter.engines.sql import clock
from jobqueue_exporter.engines.table import catalogue, details, filters, ids, kept, plan, worker_rows
from jobqueue_exporter.engines.table.catalogue import Catalogue
from jobqueue_exporter.engines.table.changes import Changes
from jobqueue_exporter.engines.table.listing import Listing, Place
from jobqueue_exporter.errors import SourceError, TimedOut
from jobqueue_exporter.sources.postgres import Postgres, Session

T = TypeVar("T")


class TableOperator:
    """Acts on the jobs of one jobs table. It is read by `dsn`, and changed by `write_dsn` where there is one."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._reads = Postgres(dsn.parse(source.dsn), connect_timeout=source.timeout)
        self._catalogue: Catalogue | None = None
        self._last: Place | None = None
        self._changes: Changes | None = None

    @property
    def clock(self) -> float:
        """The source's clock now, in Unix seconds. Raises SourceError."""
        return self._in_session(clock.read).now

    def list(self, wanted: Wanted) -> Iterator[Job]:
        """The jobs that are wanted, the first due first where an index has them so, else by id; or the last first.

        Raises:
            TimedOut: a page took longer than the source's timeout.
            SourceError: it cannot be read, or told.
        """
        left = wanted.limit
        if not filters.possible(wanted) or left == 0:
            return
        listing = self._paged(wanted, lambda session: self._begun(session, wanted))
        while not listing.ended:
            for job, place in self._paged(wanted, partial(listing.page, most=left)):
                self._last = place
                yield job
                left = None if left is None else left - 1
                if left == 0:
                    return

    def look(self, ids: Sequence[str]) -> Iterator[Job]:
        """The jobs of these ids that are there, those of the jobs table first. Raises SourceError."""
        yield from self._in_session(lambda session: _found(session, self._known(session), ids))

    def inspect(self, job_id: str) -> Detail | None:
        """All of one job; None when there is no such job. Raises SourceError."""
        found = self._in_session(lambda session: details.of(session, self._known(session), job_id))
        if found is None:
            return None
        # In a transaction of their own: where no index finds them, they may take longer than there is time.
        try:
            return self._in_session(lambda session: details.with_events(session, self._known(session), found))
        except SourceError as error:
            return found.without_events(str(error))

    def workers(self) -> Iterator[WorkerProcess] | None:
        """The workers of the heartbeat table, else those that hold running jobs and beat; None without any such.

        Raises SourceError.
        """
        found = self._in_session(lambda session: worker_rows.read(session, self._known(session).plan, self._source))
        return None if found is None else iter(found)

    def change(self, order: Order, ids: Sequence[str]) -> Iterator[Change]:
        """What became of each of these jobs, in their order. Raises SourceError."""
        if self._changes is None:
            self._changes = Changes(self._source)
        yield from self._changes.change(order, ids)

    def close(self) -> None:
        """Give the connections back."""
        self._reads.close()
        if self._changes is not None:
            self._changes.close()

    def _begun(self, session: Session, wanted: Wanted) -> Listing:
        listing = Listing(self._known(session), wanted)
        listing.begin(session, self._last)
        return listing

    def _paged(self, wanted: Wanted, read: Callable[[Session], T]) -> T:
        try:
            return self._in_session(read)
        except TimedOut as error:
            words = str(wanted.recovery or wanted.state).replace("_", " ")
            raise TimedOut(
                f"{error}: a page of {words} jobs takes longer than {self._source.timeout:g} s; narrow the list to a "
                f"kind or a queue, raise `timeout` of source {self._source.name}, or see `jobqueue doctor` for an index"
            ) from error

    def _in_session(self, read: Callable[[Session], T]) -> T:
        """What is read in one transaction. After a failure all is looked up anew."""
        try:
            with self._reads.session(time.monotonic() + self._source.timeout) as session:
                return read(session)
        except SourceError:
            self._catalogue = None
            raise

    def _known(self, session: Session) -> Catalogue:
        """The tables, looked up anew when one was altered or a state was not met before."""
        before = self._catalogue.plan if self._catalogue else None
        if self._catalogue is None or before is None or plan.outdated(session, before):
            fresh = plan.make(session, kept.to(before, self._source), self._source)
            kept.check(before, fresh)
            self._catalogue = catalogue.catalogue(fresh, self._source)
        return self._catalogue


def _found(session: Session, known: Catalogue, wanted: Sequence[str]) -> list[Job]:
    found: list[Job] = []
    left = list(wanted)
    for shelf in known.shelves:
        texts = ids.written(session, shelf.id, left)
        these = ids.among(shelf, [*texts.values()])
        query = f"SELECT {shelf.columns(whole=False)}\nFROM {shelf.relation.sql} WHERE {these}"
        here = [known.job(row) for row in session.rows(query)] if texts else []
        found += here
        there = {job.id for job in here}
        left = [text for text in left if texts.get(text) not in there]
    return found
