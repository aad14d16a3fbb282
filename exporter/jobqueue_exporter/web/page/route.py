"""The page at / for all who ask for it: made in a thread, once for all who ask at the same time, and kept a while."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from jobqueue_exporter.config.types import Config
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import discretion
from jobqueue_exporter.web.deadline import HEADER, patience
from jobqueue_exporter.web.once import Busy, Once
from jobqueue_exporter.web.page import lanes
from jobqueue_exporter.web.page.asked import Asked, asked
from jobqueue_exporter.web.page.kept import Kept, Made
from jobqueue_exporter.web.site import Site

MOST_WAITING = 8
RETRY_SECONDS = 2


class Pages:
    """Answers at /; belongs to one event loop."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._once = Once[Made]("page", most=MOST_WAITING)
        self._kept = Kept()
        site.at_end(self._once.close)

    async def answer(self, request: Request) -> Response:
        """The page as this request wants it."""
        site, wanted = self._site, asked(request.query_params)
        missing = bool(wanted.source) and wanted.source not in site.sources
        if missing:
            wanted = Asked()
        names = (wanted.source,) if wanted.source else None
        snapshots = await site.take(names, patience(request.headers.get(HEADER), site.patience(names)))
        config, reasons = site.config, discretion.known(request.scope)
        wanted = _there(wanted, snapshots)
        key = (*map(id, snapshots), id(config), wanted, reasons, missing)
        made = self._kept.get(key)
        if made is None:
            try:
                made = await self._once.done(key, partial(_page, config, wanted, snapshots, reasons, missing))
            except Busy:
                text = "too many other pages are being made; try again\n"
                return PlainTextResponse(text, 503, {"retry-after": str(RETRY_SECONDS)})
            self._kept.keep(key, made, config, snapshots)
        return made.response(time.time())


def _there(wanted: Asked, snapshots: Sequence[Snapshot]) -> Asked:
    """The same, but for a page of queues that is not there the last one: pages are kept, and numbers have no end."""
    return replace(wanted, page=min(wanted.page, *map(lanes.pages, snapshots))) if wanted.source else wanted


def _page(config: Config, wanted: Asked, snapshots: tuple[Snapshot, ...], reasons: bool, missing: bool) -> Made:
    # Here, since most exporters never show a page: this brings libraries along that no scrape needs.
    from jobqueue_exporter.web.page import answer

    return answer.page(config, wanted, snapshots, reasons=reasons, missing=missing)
