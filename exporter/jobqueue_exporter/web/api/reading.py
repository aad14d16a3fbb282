"""Readings of the sources that were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

import msgspec
from msgspec import Raw

from jobqueue_exporter import snapshot_json
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.api import documents
from jobqueue_exporter.web.api.operation import Asked, Reply, Trouble
from jobqueue_exporter.web.discretion import discreet

NO_REASON = "it cannot be read"


async def snapshots(asked: Asked) -> list[Snapshot]:
    """A snapshot of each, in time; for clients that are not known, without what only the log may tell."""
    return _told(asked, await _taken(asked))


def need_one(found: Sequence[Snapshot]) -> None:
    """Raises Trouble (503) when none of them could be read."""
    if not any(one.up for one in found):
        refuse({one.source: one.error or NO_REASON for one in found})


def refuse(reasons: Mapping[str, str]) -> NoReturn:
    """Raises Trouble (503) for these reasons, by source."""
    raise Trouble(503, "; ".join(f"{source}: {reason}" for source, reason in reasons.items()))


async def snapshot(asked: Asked) -> Reply:
    """The snapshots themselves."""
    found = await _taken(asked)
    # Thousands of lanes take longer than others should wait. The work keeps them, so no other has their ids.
    key = (*map(id, found), asked.known)
    return Reply(Raw(await asked.once.done(key, lambda: msgspec.json.encode(document(_told(asked, found))))))


def document(found: Sequence[Snapshot]) -> documents.Snapshots:
    """The snapshots as they are answered."""
    plain = {"sources": [snapshot_json.plain(one) for one in found]}
    return msgspec.convert(plain, documents.Snapshots)


async def _taken(asked: Asked) -> Sequence[Snapshot]:
    return await asked.site.take(asked.names, asked.site.patience(asked.names))


def _told(asked: Asked, found: Sequence[Snapshot]) -> list[Snapshot]:
    return [one if asked.known else discreet(one) for one in found]
