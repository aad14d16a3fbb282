"""The newest dead jobs, one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from heapq import merge
from itertools import islice

from msgspec import UNSET

from jobqueue_exporter.web.api import documents, reading
from jobqueue_exporter.web.api.dead_letters import of, together
from jobqueue_exporter.web.api.listings import Listing
from jobqueue_exporter.web.api.operation import Asked, Reply, Trouble

HOW_TO_SEE = (
    "dead jobs are listed only where clients must show who they are: name a file with basic_auth_users, or with "
    "client_auth_type RequireAndVerifyClientCert, by --web.config.file; `jobqueue dlq list` lists them too"
)


async def failures(asked: Asked) -> Reply:
    """The newest dead jobs of the sources that were asked for; only their number for clients that are not known.

    Raises Trouble: 400 when no source shows single jobs, 503 when none of those that do can be asked.
    """
    if not asked.known:
        return Reply(await _counted(asked))
    wanted = [each for each in asked.site.config.sources if each.name in asked.names]
    seconds = asked.site.patience(asked.names)
    found = list(
        zip(wanted, await asyncio.gather(*(asked.listings.newest(one, seconds) for one in wanted)), strict=True)
    )
    told = [f"{source.name}: {one.error}" for source, one in found if not one.offered]
    if len(told) == len(found):
        raise Trouble(400, f"{'; '.join(told)}; ask for their numbers: /api/v1/dlq/stats")
    read = [one for _, one in found if one.offered and not one.error]
    errors = {source.name: one.error for source, one in found if one.offered and one.error}
    if not read:
        reading.refuse(errors)
    return Reply(_document(read, errors, asked.query.limit, "; ".join(told)))


async def _counted(asked: Asked) -> documents.Failures:
    found = await reading.snapshots(asked)
    reading.need_one(found)
    each = {one.source: of(one) for one in found}
    count = together([*each.values()]).total_failed
    return documents.Failures(
        failures=[],
        count=None if count is None else min(count, asked.query.limit),
        errors={name: one.error for name, one in each.items() if one.error and one.total_failed is None} or UNSET,
        note=HOW_TO_SEE,
    )


def _document(read: Sequence[Listing], errors: Mapping[str, str], limit: int, note: str) -> documents.Failures:
    every = merge(*(one.failures for one in read), key=lambda failure: -(failure.completed_at or 0))
    failures = list(islice(every, limit))
    return documents.Failures(
        failures=failures,
        count=None if errors else len(failures),
        errors=dict(errors) or UNSET,
        read_at=min(one.read_at for one in read),
        note=note or UNSET,
    )
