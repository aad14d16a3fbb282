"""What is answered at which path."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from jobqueue_exporter.config.types import Config
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import discovery, files, negotiation
from jobqueue_exporter.web.api import operations
from jobqueue_exporter.web.api import routes as api
from jobqueue_exporter.web.courtesy import SCRAPES
from jobqueue_exporter.web.deadline import HEADER, patience
from jobqueue_exporter.web.page.route import Pages
from jobqueue_exporter.web.shown import shown
from jobqueue_exporter.web.site import Site

PATHS = f"/, /metrics, /probe?source=NAME, /sd, /runbooks/, {operations.PATHS}, /-/healthy, /-/ready, POST /-/reload"


PATIENCE = 3.0
"""Seconds that a runbook waits for readings unless told otherwise, as somebody needs its text at once."""


def build(site: Site) -> ASGIApp:
    """The application that serves `site`."""
    routes = _Routes(site)
    return Router(
        [
            Route("/", Pages(site).answer),
            Route("/static/{name}", files.answer),
            Route("/metrics", routes.metrics),
            Route("/probe", routes.probe),
            Route("/sd", routes.discover),
            Route("/runbooks", _to_runbooks),
            Route("/runbooks/", routes.runbooks),
            Route("/runbooks/{name:path}", routes.runbooks),
            *api.routes(site),
            Route("/-/healthy", _healthy),
            Route("/-/ready", _healthy),
            Route("/-/reload", routes.reload, methods=["POST"]),
        ],
        redirect_slashes=False,
        default=_nothing_here,
    )


class _Routes:
    def __init__(self, site: Site) -> None:
        self._site = site

    async def metrics(self, request: Request) -> Response:
        own_only = self._site.config.server.metrics == "self"
        return await self._scrape(request, () if own_only else None)

    async def probe(self, request: Request) -> Response:
        name = request.query_params.get("source", "")
        if name not in self._site.sources:
            names = ", ".join(self._site.sources)
            unknown = f"no source is called {html.escape(shown(name), quote=False)}; " if name else ""
            return _text(f"{unknown}/probe needs ?source=NAME, one of: {names}", 400)
        return await self._scrape(request, (name,))

    async def discover(self, request: Request) -> Response:
        site, scope = self._site, request.scope
        base = site.config.server.external_url or discovery.reached(
            scope["scheme"], request.headers.get("host"), scope["server"]
        )
        return JSONResponse(discovery.targets(site.sources, base))

    async def runbooks(self, request: Request) -> Response:
        site, asked = self._site, request.query_params
        name = request.path_params.get("name", "")
        lane = {label: asked[label] for label in ("source", "queue", "kind") if label in asked}
        snapshots: Sequence[Snapshot] = ()
        if name and await asyncio.to_thread(_looks, site.config, name):
            wanted = (lane["source"],) if lane.get("source") else None
            if wanted is None or wanted[0] in site.sources:
                given, own = request.headers.get(HEADER), site.patience(wanted)
                snapshots = await site.take(wanted, patience(given, own) if given else min(own, PATIENCE))
        # In a thread: to read and to lay out pages takes longer than a scrape may wait.
        return await asyncio.to_thread(_runbook, site.config, name, lane, snapshots)

    async def reload(self, _: Request) -> Response:
        if not self._site.config.server.reload:
            return _text("reloading by HTTP is off; set server.reload to true, or send SIGHUP", 403)
        problems = await self._site.reload()
        return _text("\n".join(problems), 500) if problems else _text("configuration reloaded", 200)

    async def _scrape(self, request: Request, names: Sequence[str] | None) -> Response:
        site = self._site
        seconds = patience(request.headers.get(HEADER), site.patience(names))
        with SCRAPES.first():
            snapshots = () if names == () else await site.take(names, seconds)
            found = await site.renderer.render(snapshots, negotiation.form(request.headers), site.exporter)
        headers = {"content-type": found.content_type, "vary": "Accept, Accept-Encoding"}
        if found.gzip:
            headers["content-encoding"] = "gzip"
        return Response(found.body, headers=headers)


def _runbook(config: Config, name: str, lane: Mapping[str, str], snapshots: Sequence[Snapshot]) -> Response:
    # Here, since most exporters never show a runbook: this brings libraries along that no scrape needs.
    from jobqueue_exporter.web import runbooks

    return runbooks.answer(config, name, lane, snapshots)


def _looks(config: Config, name: str) -> bool:
    from jobqueue_exporter.web import runbooks

    return runbooks.looks(config, name)


async def _to_runbooks(request: Request) -> Response:
    """To the folder, by a path that also leads there behind a proxy that adds one of its own."""
    return RedirectResponse("runbooks/", 308)


async def _healthy(_: Request) -> Response:
    return _text("ok", 200)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    response = _text(f"nothing here; there are {PATHS}", 404)
    await response(scope, receive, send)


def _text(text: str, status: int) -> Response:
    return PlainTextResponse(f"{text}\n", status)
