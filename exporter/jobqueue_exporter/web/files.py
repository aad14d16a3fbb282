"""The style sheets and scripts of the pages, under /static/."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import resources

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

TYPES = {"css": "text/css", "js": "text/javascript"}
FOR_EVER = "max-age=31536000, immutable"
FOR_NOW = "max-age=60"


def address(name: str) -> str:
    """Where a file is, relative to /: with its version, so that it can be kept for ever."""
    return f"static/{name}?v={_version(_files()[name])}"


async def answer(request: Request) -> Response:
    """The file of that name."""
    name = request.path_params["name"]
    content = _files().get(name)
    if content is None:
        return PlainTextResponse(f"no such file; there are {', '.join(_files())}\n", 404)
    kept = FOR_EVER if request.query_params.get("v") == _version(content) else FOR_NOW
    headers = {"cache-control": kept, "x-content-type-options": "nosniff"}
    return Response(content, media_type=TYPES[name.rpartition(".")[2]], headers=headers)


@cache
def _files() -> Mapping[str, bytes]:
    folder = resources.files("jobqueue_exporter.web").joinpath("static")
    found = sorted((each for each in folder.iterdir() if each.is_file()), key=lambda each: each.name)
    return {each.name: each.read_bytes() for each in found if each.name.rpartition(".")[2] in TYPES}


@cache
def _version(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]
