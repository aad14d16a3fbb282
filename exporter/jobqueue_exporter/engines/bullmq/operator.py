"""Lists, shows and changes jobs of BullMQ."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.dsn import redis_url
from jobqueue_exporter.engines import causes
from jobqueue_exporter.engines.bullmq import detail, places, workers
from jobqueue_exporter.engines.bullmq.changes import Changes
from jobqueue_exporter.engines.bullmq.kept import Look
from jobqueue_exporter.engines.bullmq.library import Library
from jobqueue_exporter.engines.bullmq.listing import Listing
from jobqueue_exporter.engines.bullmq.reader import BullmqReader
from jobqueue_exporter.engines.operations import BATCH, Change, Detail, Job, Operation, Order, Wanted, WorkerProcess
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.redis import Redis, Session

_NOT_OFFERED = {
    Operation.RECLAIM: "stuck jobs cannot be reclaimed from here: the first worker of their queue that runs takes them "
    "back within its stalledInterval (30 s); start one",
    Operation.ABANDON: "BullMQ keeps no jobs that were given up: export them, and delete them",
}


class BullmqOperator:
    """Acts on the jobs of one source. The id of a job is `queue/id`; with a single queue, the id alone will do."""

    def __init__(self, source: Source) -> None:
        self._place = redis_url.parse(source.write_dsn or source.dsn)
        self._prefix = source.bullmq.prefix
        self._timeout = float(source.timeout)
        self._causes = causes.causes(source.causes)
        self._redis = Redis(self._place, connect_timeout=self._timeout)
        self._reader = BullmqReader(source, self._redis)
        self._library: Library | None = None

    @property
    def clock(self) -> float:
        """Redis' clock now, in Unix seconds. Raises SourceError."""
        with self._session() as session:
            seconds, micros = session.reply("TIME")
            return int(seconds) + int(micros) / 1e6

    def list(self, wanted: Wanted) -> Iterator[Job]:
        """The jobs that are wanted; a kind is the name of a job.

        Those that failed and those that are delayed come by their time, then those in lists queue by queue: each
        part the oldest first, or the newest. Raises SourceError; Refused where `after` names no job of the list, since
        BullMQ tells only of one that is there where it was.
        """
        if wanted.recovery is not None:
            raise Refused("BullMQ keeps no state of recovery: list dead jobs without it")
        look, after = self._look(), None
        if wanted.after is not None:
            with self._session() as session:
                after = places.found(session, look.core, self._prefix, [wanted.after]).get(wanted.after)
            if after is None:
                raise Refused(f"the list cannot go on after {wanted.after}, which is gone: list from the start")
        yield from Listing(look, wanted, self._session).jobs(after)

    def look(self, ids: Sequence[str]) -> Iterator[Job]:
        """The jobs of these ids that are there. Raises SourceError."""
        look = self._look()
        with self._session() as session:
            found = places.found(session, look.core, self._prefix, _batch(ids))
            jobs = look.jobs(session, list(dict.fromkeys(found.values())))
        yield from (job for job in jobs if job)

    def inspect(self, job_id: str) -> Detail | None:
        """All of one job, whatever its state; None when there is no such job. Raises SourceError."""
        look = self._look()
        with self._session() as session:
            place = places.found(session, look.core, self._prefix, [job_id]).get(job_id)
            return detail.detail(session, look, place) if place else None

    def workers(self) -> Iterator[WorkerProcess] | None:
        """The connections of workers; None where Redis does not list connections. Raises SourceError."""
        look = self._look()
        if look.core.server.connected is None:
            return None
        with self._session() as session:
            clients = session.reply("CLIENT", "LIST")
        return iter(workers.processes(clients, self._prefix, self._place.db, look.core.found))

    def change(self, order: Order, ids: Sequence[str]) -> Iterator[Change]:
        """What became of each of these jobs, in their order, each changed in a transaction of its own.

        Raises:
            Refused: BullMQ has no such operation, or Redis refuses it.
            SourceError: Redis cannot be asked; the jobs of which nothing was said yet are as they were.
            ConfigError: its library is not installed.
        """
        if order.operation in _NOT_OFFERED:
            raise Refused(_NOT_OFFERED[order.operation])
        changes = Changes(self._look(), self._session, order, self._place.public())
        if order.dry_run:
            yield from changes.foretold(_batch(ids))
            return
        if self._library is None:
            self._library = Library(self._place, self._prefix, self._timeout)
        with self._library.opened() as library:
            yield from changes.made(_batch(ids), library)

    def close(self) -> None:
        """Give the connection back."""
        self._redis.close()

    def _look(self) -> Look:
        deadline = self._deadline()
        with self._redis.session(deadline) as session:
            return Look(self._reader.core(session, deadline), self._prefix, self._causes)

    def _session(self) -> AbstractContextManager[Session]:
        return self._redis.session(self._deadline())

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout


def _batch(ids: Sequence[str]) -> Sequence[str]:
    if len(ids) > BATCH:
        raise ValueError(f"{len(ids)} jobs are named, and {BATCH} at most may be")
    return ids
