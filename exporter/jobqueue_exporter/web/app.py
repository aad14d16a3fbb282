"""What is answered at which path."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Sequence
from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import discovery, landing, negotiation, runbooks
from jobqueue_exporter.web.deadline import HEADER, patience
from jobqueue_exporter.web.site import Site

PATHS = "/, /metrics, /probe?source=NAME, /sd, /runbooks/, /-/healthy, /-/ready, POST /-/reload"
MOST_SHOWN = 60


def build(site: Site) -> ASGIApp:
    """The application that serves `site`."""
    routes = _Routes(site)
    return Router(
        [
            Route("/", routes.home),
            Route("/style.css", _style),
            Route("/metrics", routes.metrics),
            Route("/probe", routes.probe),
            Route("/sd", routes.discover),
            Route("/runbooks", _to_runbooks),
            Route("/runbooks/", routes.runbooks),
            Route("/runbooks/{name:path}", routes.runbooks),
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

    async def home(self, request: Request) -> Response:
        site = self._site
        snapshots = await site.take(None, patience(request.headers.get(HEADER), site.patience(None)))
        return landing.page(snapshots, site.config, reasons=site.knows_clients)

    async def metrics(self, request: Request) -> Response:
        own_only = self._site.config.server.metrics == "self"
        return await self._scrape(request, () if own_only else None)

    async def probe(self, request: Request) -> Response:
        name = request.query_params.get("source", "")
        if name not in self._site.sources:
            names = ", ".join(self._site.sources)
            unknown = f"no source is called {_shown(name)}; " if name else ""
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
        if name and lane.get("source") in site.sources:
            wanted = (lane["source"],)
            snapshots = await site.take(wanted, patience(request.headers.get(HEADER), site.patience(wanted)))
        # In a thread: to read and to lay out pages takes longer than a scrape may wait.
        return await asyncio.to_thread(runbooks.answer, site.config, name, lane, snapshots)

    async def reload(self, _: Request) -> Response:
        if not self._site.config.server.reload:
            return _text("reloading by HTTP is off; set server.reload to true, or send SIGHUP", 403)
        problems = await self._site.reload()
        return _text("\n".join(problems), 500) if problems else _text("configuration reloaded", 200)

    async def _scrape(self, request: Request, names: Sequence[str] | None) -> Response:
        site = self._site
        seconds = patience(request.headers.get(HEADER), site.patience(names))
        snapshots = () if names == () else await site.take(names, seconds)
        found = await site.renderer.render(snapshots, negotiation.form(request.headers), site.exporter)
        headers = {"content-type": found.content_type, "vary": "Accept, Accept-Encoding"}
        if found.gzip:
            headers["content-encoding"] = "gzip"
        return Response(found.body, headers=headers)


async def _style(_: Request) -> Response:
    headers = {"cache-control": "max-age=3600", "x-content-type-options": "nosniff"}
    return Response(_style_sheet(), media_type="text/css", headers=headers)


@cache
def _style_sheet() -> bytes:
    return resources.files("jobqueue_exporter.web").joinpath("static", "style.css").read_bytes()


async def _to_runbooks(request: Request) -> Response:
    """To the folder, by a path that also leads there behind a proxy that adds one of its own."""
    return RedirectResponse("runbooks/", 308)


async def _healthy(_: Request) -> Response:
    return _text("ok", 200)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    response = _text(f"nothing here; there are {PATHS}", 404)
    await response(scope, receive, send)


def _shown(name: str) -> str:
    """What a client asked for, cut short and harmless; an address may hold a password."""
    return "that" if "://" in name or "@" in name else html.escape(ascii(name[:MOST_SHOWN]), quote=False)


def _text(text: str, status: int) -> Response:
    return PlainTextResponse(f"{text}\n", status)
