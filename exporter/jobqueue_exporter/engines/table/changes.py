"""Changes of single jobs of a team's own table: each call is one transaction, guarded by the state it expects."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.engines.table import grave_changes, job_changes, kept, plan
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.errors import InDoubt, SourceError
from jobqueue_exporter.sources.postgres import Postgres, Session
from jobqueue_exporter.sources.postgres_writes import PostgresWrites

# A person waits for it, and would rather have it done than stopped: no less than this, whatever a reading may take.
LEAST_SECONDS = 30.0
REPLAN_SECONDS = 300.0
DOUBT = "the connection broke while this was being committed: it may be in force or not, look again"
_OF_DEAD_JOBS = (Operation.REQUEUE, Operation.ABANDON, Operation.DELETE)


class Changes:
    """Changes the jobs of one source by `write_dsn`, or else by `dsn`. For one thread."""

    def __init__(self, source: Source) -> None:
        self._source = source
        place = dsn.parse(source.write_dsn or source.dsn)
        self._writes = PostgresWrites(place, connect_timeout=source.timeout)
        self._reads = Postgres(place, connect_timeout=source.timeout)
        self._plan: Plan | None = None
        self._planned_at = 0.0

    def change(self, order: Order, ids: Sequence[str]) -> Iterator[Change]:
        """What became of each of these jobs, in their order, each once.

        Raises:
            SourceError: nothing of this call happened.
        """
        if not ids:
            return
        found: list[Change] = []
        try:
            with self._session(order) as session:
                found = self._changed(session, order, ids)
        except InDoubt as error:
            yield from (replace(one, done=None, text=DOUBT, audited=False) if one.done else one for one in found)
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise error.__cause__ from None
            return
        except SourceError:
            self._planned_at = -math.inf
            raise
        yield from found

    def close(self) -> None:
        """Give the connections back."""
        self._writes.close()
        self._reads.close()

    def _session(self, order: Order) -> AbstractContextManager[Session]:
        deadline = time.monotonic() + max(self._source.timeout, LEAST_SECONDS)
        return (self._reads if order.dry_run else self._writes).session(deadline)

    def _changed(self, session: Session, order: Order, ids: Sequence[str]) -> list[Change]:
        current = self._current(session)
        if current.dead_letters is not None and order.operation in _OF_DEAD_JOBS:
            return grave_changes.changed(session, current, current.dead_letters, self._source, order, ids)
        return job_changes.changed(session, current, self._source, order, ids)

    def _current(self, session: Session) -> Plan:
        """The tables as they are; looked up anew when one of them was altered. Raises SourceError and psycopg.Error."""
        known = self._plan
        old = time.monotonic() - self._planned_at > REPLAN_SECONDS
        if known is None or old or plan.outdated(session, known):
            known = plan.make(session, kept.to(known, self._source), self._source)
            self._plan, self._planned_at = known, time.monotonic()
        return known
