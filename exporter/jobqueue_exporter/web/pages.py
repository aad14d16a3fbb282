"""The page at / for all who ask for it: made in a thread, and once for all who ask at the same time."""

from __future__ import annotations

import asyncio
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from jobqueue_exporter.config.types import Config
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import discretion
from jobqueue_exporter.web.deadline import HEADER, patience
from jobqueue_exporter.web.page.asked import Asked, asked
from jobqueue_exporter.web.site import Site


class Pages:
    """Answers at /; belongs to one event loop."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._under_way: dict[tuple[object, ...], asyncio.Task[Response]] = {}
        self._one_at_a_time = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """The page as this request wants it."""
        site, wanted = self._site, asked(request.query_params)
        missing = bool(wanted.source) and wanted.source not in site.sources
        if missing:
            wanted = Asked()
        names = (wanted.source,) if wanted.source else None
        snapshots = await site.take(names, patience(request.headers.get(HEADER), site.patience(names)))
        config, reasons = site.config, discretion.known(request.scope)
        key = (*map(id, snapshots), id(config), wanted, reasons, missing)
        if key not in self._under_way:
            task = asyncio.create_task(self._made(config, wanted, snapshots, reasons, missing))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key))
        made = await asyncio.shield(self._under_way[key])  # a client that leaves must not cancel it for the others
        return Response(made.body, made.status_code, dict(made.headers))

    async def _made(
        self, config: Config, wanted: Asked, snapshots: tuple[Snapshot, ...], reasons: bool, missing: bool
    ) -> Response:
        async with self._one_at_a_time:
            return await asyncio.to_thread(partial(_page, config, wanted, snapshots, reasons, missing))


def _page(config: Config, wanted: Asked, snapshots: tuple[Snapshot, ...], reasons: bool, missing: bool) -> Response:
    # Here, since most exporters never show a page: this brings libraries along that no scrape needs.
    from jobqueue_exporter.web.page import answer

    return answer.page(config, wanted, snapshots, reasons=reasons, missing=missing)
