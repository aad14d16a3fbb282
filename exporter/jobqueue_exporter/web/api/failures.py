"""The newest dead jobs, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from heapq import merge
from itertools import islice

from msgspec import UNSET

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.web.api import documents, reading
from jobqueue_exporter.web.api.dead_letters import dead_jobs
from jobqueue_exporter.web.api.listings import Listing
from jobqueue_exporter.web.api.operation import Asked, Reply, Trouble

HOW_TO_SEE = (
    "dead jobs are listed only where clients must show who they are: name a file with basic_auth_users, or with "
    "client_auth_type RequireAndVerifyClientCert, by --web.config.file; `jobqueue dlq list` lists them too"
)

Found = Sequence[tuple[Source, Listing]]


async def failures(asked: Asked) -> Reply:
    """The newest dead jobs of the sources that were asked for; only their number for clients that are not known.

    Raises Trouble: 400 when no source shows single jobs, 503 when one of them cannot be asked.
    """
    if not asked.known:
        return Reply(await _counted(asked))
    wanted = [each for each in asked.site.config.sources if each.name in asked.names]
    seconds = asked.site.patience(asked.names)
    found = list(
        zip(wanted, await asyncio.gather(*(asked.listings.newest(one, seconds) for one in wanted)), strict=True)
    )
    reading.refuse(asked, [f"{source.name}: {one.error}" for source, one in found if one.offered and one.error])
    told = [f"{source.name}: {one.error}" for source, one in found if not one.offered]
    if len(told) == len(found):
        raise Trouble(400, f"{'; '.join(told)}; ask for their numbers: /api/v1/dlq/stats")
    return Reply(_document(found, asked.query.limit, "; ".join(told)))


async def _counted(asked: Asked) -> documents.Failures:
    found = await reading.snapshots(asked)
    reading.must_be_up(asked, found)
    counts = [count for one in found if (count := dead_jobs(one)) is not None]
    count = min(sum(counts), asked.query.limit) if counts else None
    return documents.Failures(failures=[], count=count, note=HOW_TO_SEE)


def _document(found: Found, limit: int, note: str) -> documents.Failures:
    every = merge(*(one.failures for _, one in found), key=lambda failure: -(failure.completed_at or 0))
    failures = list(islice(every, limit))
    return documents.Failures(
        failures=failures,
        count=len(failures),
        read_at=min(one.read_at for _, one in found if one.offered),
        note=note or UNSET,
    )
