"""The newest dead jobs of sources, listed for many clients at the cost of one."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import islice

from jobqueue_exporter import engines, utf8
from jobqueue_exporter.collect.backoff import Backoff
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Job, Wanted
from jobqueue_exporter.errors import JobQueueError, TimedOut
from jobqueue_exporter.masking import line, masked
from jobqueue_exporter.model import State
from jobqueue_exporter.web.api.documents import Failure

log = logging.getLogger(__name__)

MOST = 100
LONGEST_ERROR = 1_000
FRESH_SECONDS = 5.0
REST = 20
"""A list is used for so many times as long as it took to get: at most a twentieth of the time goes into getting it."""
LONGEST_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The newest dead jobs of a source as they were at `read_at` (Unix seconds), or why there are none to show.

    The last to die comes first. `offered`: its engine shows single jobs at all.
    """

    failures: tuple[Failure, ...] = ()
    read_at: float = 0.0
    error: str = ""
    offered: bool = True
    timed_out: bool = False


@dataclass(slots=True)
class _Query:
    source: Source
    backoff: Backoff
    future: asyncio.Future[Listing]
    fresh_until: float = field(default=0.0)

    def serves(self, source: Source, now: float) -> bool:
        return self.source == source and (not self.future.done() or now < self.fresh_until)


class Listings:
    """Asks each source in a thread, once at a time, and uses what it said for some seconds. For one event loop."""

    def __init__(
        self, ask: Callable[[Source], Listing] | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask or listed
        self._clock = clock
        self._queries: dict[str, _Query] = {}

    async def newest(self, source: Source, seconds: float) -> Listing:
        """The newest dead jobs of a source, or why they are not known after `seconds`."""
        now = self._clock()
        query = self._queries.get(source.name)
        if query is None or not query.serves(source, now):
            same = query is not None and query.source == source
            query = self._begin(source, query.backoff if query is not None and same else Backoff())
        # Not awaited as it is, for a client that leaves would cancel it for the others.
        await asyncio.wait([query.future], timeout=seconds)
        if query.future.done():
            return query.future.result()
        return Listing(error=f"its dead jobs are still being listed after {seconds:g} s; ask again in a moment")

    def _begin(self, source: Source, backoff: Backoff) -> _Query:
        loop = asyncio.get_running_loop()
        query = _Query(source, backoff, loop.create_future())
        self._queries[source.name] = query
        began = self._clock()

        def settle(found: Listing) -> None:
            now = self._clock()
            query.fresh_until = now + max(FRESH_SECONDS, min(REST * (now - began), LONGEST_SECONDS))
            if found.timed_out:
                backoff.failed(now)
                query.fresh_until = now + backoff.remaining(now)
            query.future.set_result(found)

        def work() -> None:
            found = self._ask(source)
            with suppress(RuntimeError):  # the server has ended before
                loop.call_soon_threadsafe(settle, found)

        # A daemon: a source that hangs must not keep the process from ending.
        threading.Thread(target=work, name=f"list-{source.name}", daemon=True).start()
        return query


def listed(source: Source) -> Listing:
    """What `jobqueue dlq list` would list. Takes as long as the source does."""
    began = time.time()
    try:
        known = engines.named(source)
        if engines.engine(str(known.engine)).operator is None:
            return Listing(error=f"jobs of engine {known.engine} cannot be seen one by one", offered=False)
        with closing(engines.operator(known)) as operator:
            wanted = Wanted(state=State.DEAD_LETTER, newest=True, limit=MOST)
            jobs = islice(operator.list(wanted), MOST)
            # Here, in the thread of the query: errors are long, and masking them takes time.
            failures = sorted((_failure(source, job) for job in jobs), key=lambda one: -(one.completed_at or 0))
            return Listing(failures=tuple(failures), read_at=began)
    except JobQueueError as error:
        return Listing(error=str(error), timed_out=isinstance(error, TimedOut))
    except Exception as error:
        log.error("dead jobs not listed source=%s", source.name, exc_info=True)
        return Listing(error=f"a mistake of ours ({type(error).__name__}); the exporter's log says more")


def _failure(source: Source, job: Job) -> Failure:
    queue, kind = utf8.valid(job.lane.queue), utf8.valid(job.lane.kind)
    return Failure(
        job_id=utf8.valid(job.id),
        source=source.name,
        queue=queue,
        kind=kind,
        site_name=kind or queue,
        error_message=line(masked(job.error), LONGEST_ERROR),
        retry_count=job.attempts,
        created_at=job.created_at,
        completed_at=next((at for at in (job.ended_at, job.since, job.updated_at) if at is not None), None),
    )
