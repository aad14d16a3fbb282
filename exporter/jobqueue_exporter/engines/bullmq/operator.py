"""Lists, shows and requeues jobs of BullMQ."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from operator import attrgetter

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.dsn import redis_url
from jobqueue_exporter.engines.bullmq import jobs, listing
from jobqueue_exporter.engines.bullmq.jobs import Place
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.library import Library
from jobqueue_exporter.engines.bullmq.reader import BullmqReader, Core
from jobqueue_exporter.engines.bullmq.requeue import Requeue, unfit
from jobqueue_exporter.engines.operations import Change, Detail, Job, Wanted
from jobqueue_exporter.sources.redis import Redis, Session

_NO_RECLAIM = (
    "not possible from here: the first worker of its queue that runs takes stuck jobs back within its "
    "stalledInterval (30 s); start one"
)


class BullmqOperator:
    """Acts on the jobs of one source. The id of a job is `queue/id`; with a single queue, the id alone will do."""

    def __init__(self, source: Source) -> None:
        self._place = redis_url.parse(source.write_dsn or source.dsn)
        self._prefix = source.bullmq.prefix
        self._timeout = float(source.timeout)
        self._redis = Redis(self._place, connect_timeout=self._timeout)
        self._reader = BullmqReader(source, self._redis)
        self._requeue: Requeue | None = None

    def list(self, wanted: Wanted) -> Iterator[Job]:
        """The jobs that are wanted; a kind is the name of a job. Raises SourceError.

        A job behind `listing.LOOKED_AT` others of its list is not found.
        """
        with self._redis.session(self._deadline()) as session:
            core = self._reader.core(session, self._deadline())
            found = listing.listed(session, core, self._prefix, wanted)
        yield from sorted(found, key=_age)[: wanted.limit]

    def inspect(self, job_id: str) -> Detail | None:
        """All of one job, whatever its state; None when there is no such job. Raises SourceError."""
        with self._redis.session(self._deadline()) as session:
            core = self._reader.core(session, self._deadline())
            place = self._find(session, core, job_id)
            if place is None:
                return None
            (fields,) = jobs.hashes(session, self._prefix, [place])
            found = jobs.job(place, fields, main=core.serves.get(place.queue), now=core.server.now)
            return jobs.detail(session, self._prefix, found, place) if found else None

    def requeue(self, ids: Sequence[str]) -> Iterator[Change]:
        """Gives dead jobs back to their workers; each change tells its attempts. Raises SourceError, ConfigError."""
        if self._requeue is None:
            self._requeue = Requeue(Library(self._place, self._prefix, self._timeout))
        with self._redis.session(self._deadline()) as session:
            core = self._reader.core(session, self._deadline())
        for job_id in ids:
            with self._redis.session(self._deadline()) as session:
                place = self._find(session, core, job_id)
                main = core.serves.get(place.queue) if place else None
                why = self._unfit(session, main or place.queue) if place else ""
            if place is None:
                yield Change(job_id, False, "there is no such job")
            else:
                yield self._requeue.one(job_id, place, main, unfit=why)

    def reclaim(self, ids: Sequence[str]) -> Iterator[Change]:
        """Nothing: BullMQ has no procedure for one stuck job, and its workers do it by themselves."""
        yield from (Change(job_id, False, _NO_RECLAIM) for job_id in ids)

    def close(self) -> None:
        """Give the connection back."""
        self._redis.close()

    def _deadline(self) -> float:
        return time.monotonic() + self._timeout

    def _find(self, session: Session, core: Core, job_id: str) -> Place | None:
        """Where the job is. Names of queues and ids may hold a slash; the longest name counts."""
        for queue in sorted(core.found, key=len, reverse=True):
            if job_id.startswith(f"{queue}/"):
                own_id = job_id.removeprefix(f"{queue}/").encode()
                if place := jobs.find(session, Keys(self._prefix, queue), own_id):
                    return place
        if len(core.mains) == 1:
            return jobs.find(session, Keys(self._prefix, core.mains[0]), job_id.encode())
        return None

    def _unfit(self, session: Session, queue: str) -> str:
        """Asked anew for each job, since a queue may be paused meanwhile."""
        version, paused = session.reply("HMGET", Keys(self._prefix, queue).of("meta"), "version", "paused")
        return unfit((version or b"").decode("utf-8", "replace"), paused=paused is not None)


def _age(job: Job) -> float:
    return next((at for at in attrgetter("ended_at", "due_at", "created_at")(job) if at is not None), math.inf)
