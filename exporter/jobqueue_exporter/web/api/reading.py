"""Readings of the sources that were asked for."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from jobqueue_exporter import snapshot_json
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.api import documents
from jobqueue_exporter.web.api.operation import Asked, Reply, Trouble
from jobqueue_exporter.web.discretion import discreet


async def snapshots(asked: Asked) -> list[Snapshot]:
    """A snapshot of each, in time; for clients that are not known, without what only the log may tell."""
    return _told(asked, await _taken(asked))


def must_be_up(asked: Asked, found: Sequence[Snapshot]) -> None:
    """Raises Trouble (503) when one of them could not be read: numbers without it would be too low."""
    refuse(asked, [f"{one.source}: {one.error or 'it cannot be read'}" for one in found if not one.up])


def refuse(asked: Asked, reasons: Sequence[str]) -> None:
    """Raises Trouble (503) for these reasons, with the way to the other sources; nothing without any."""
    if reasons:
        several = f"Ask for a source by itself with ?source=NAME; there are: {', '.join(asked.names)}"
        told = "; ".join(reasons)
        raise Trouble(503, told if len(asked.names) == 1 else f"{told.removesuffix('.')}. {several}")


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
