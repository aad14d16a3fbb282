"""The routes of the API, one for each operation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from jobqueue_exporter.web import discretion
from jobqueue_exporter.web.api import parameters
from jobqueue_exporter.web.api.documents import Error
from jobqueue_exporter.web.api.listings import Listings
from jobqueue_exporter.web.api.operation import Asked, Operation, Reply, Trouble
from jobqueue_exporter.web.api.operations import OPERATIONS, PATHS
from jobqueue_exporter.web.once import Once
from jobqueue_exporter.web.shown import shown
from jobqueue_exporter.web.site import Site

HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
METHODS = ("GET", "HEAD")


def routes(site: Site) -> Iterator[Route]:
    """What answers to each path of the API, and to every other path under /api/."""
    shared = _Shared(site, Listings(), Once("api"))
    for operation in OPERATIONS:
        yield Route(operation.path, _Endpoint(operation, shared))
    yield Route("/api/{rest:path}", _Nothing())


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all requests share."""

    site: Site
    listings: Listings
    once: Once[bytes]


class _Endpoint:
    """Answers to one operation. No function, since those let Starlette refuse other methods in plain text."""

    def __init__(self, operation: Operation, shared: _Shared) -> None:
        self._operation = operation
        self._shared = shared

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if request.method not in METHODS:
            text = f"{shown(request.method)} is not possible here: this API is read-only, ask with GET"
            response = _json(Reply(Error(error=text), 405), {"allow": ", ".join(METHODS)})
        else:
            response = _json(await self._reply(request))
        await response(scope, receive, send)

    async def _reply(self, request: Request) -> Reply:
        operation, shared = self._operation, self._shared
        try:
            asked = Asked(
                site=shared.site,
                listings=shared.listings,
                once=shared.once,
                access=shared.site.access,
                request=request,
                query=parameters.read(request.query_params, operation.parameters, shared.site.sources),
                known=discretion.known(request.scope),
            )
            return await operation.answer(asked)
        except Trouble as trouble:
            return Reply(Error(error=str(trouble)), trouble.status)


class _Nothing:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = _json(Reply(Error(error=f"nothing here; there are {PATHS}"), 404))
        await response(scope, receive, send)


def _json(reply: Reply, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode(reply.document)
    return Response(body, reply.status, HEADERS | (headers or {}), media_type="application/json")
