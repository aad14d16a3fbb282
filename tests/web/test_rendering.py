"""Writing scrapes: once for all who want the same."""

from __future__ import annotations

import asyncio

from jobqueue_exporter.exposition import ExporterFacts
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.rendering import Form, Rendered, Renderer
from tests.web.reader_by_hand import FACTS

EXPORTER = ExporterFacts(version="1", config_reload_ok=True)
TEXT = Form("text/plain", gzip=False)


def snapshot(source: str) -> Snapshot:
    return Snapshot(source=source, engine="table", read_at=0.0, up=True, facts=FACTS)


def test_what_is_asked_for_at_the_same_time_is_written_once() -> None:
    snapshots = [snapshot("shop")]

    async def ask_often() -> list[Rendered]:
        renderer = Renderer()
        found = await asyncio.gather(*(renderer.render(snapshots, TEXT, EXPORTER) for _ in range(50)))
        renderer.close()
        return found

    first, *others = asyncio.run(ask_often())
    assert all(other is first for other in others)


def test_other_snapshots_and_other_forms_are_written_for_themselves() -> None:
    async def ask() -> list[Rendered]:
        renderer = Renderer()
        shop, mail = [snapshot("shop")], [snapshot("mail")]
        wanted = [(shop, TEXT), (mail, TEXT), (shop, Form("text/plain", gzip=True))]
        found = await asyncio.gather(*(renderer.render(*each, EXPORTER) for each in wanted))
        renderer.close()
        return found

    shop, mail, small = asyncio.run(ask())
    assert b'source="shop"' in shop.body
    assert b'source="mail"' in mail.body
    assert (shop.gzip, small.gzip) == (False, True)
