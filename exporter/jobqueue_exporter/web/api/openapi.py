"""The OpenAPI description of what can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from jobqueue_exporter import __version__
from jobqueue_exporter.web import discovery
from jobqueue_exporter.web.api import parameters, refusals
from jobqueue_exporter.web.api.documents import Description, Error
from jobqueue_exporter.web.api.operation import Asked, Operation, Password

_BASIC, _CERTIFICATE = "basic", "certificate"
_HERE = "http://localhost:10227"
_ABOUT = """\
How jobs are, read-only. What is null cannot be told, and 0 means zero. HEAD works wherever GET does, and nothing else.

Made by `python -m jobqueue_exporter.web.api`, from what the routes are made of."""
_SCHEMES: Mapping[str, object] = {
    _BASIC: {"type": "http", "scheme": "basic", "description": "`basic_auth_users` of the file of --web.config.file."},
    _CERTIFICATE: {
        "type": "mutualTLS",
        "description": "`client_auth_type: RequireAndVerifyClientCert` of the file of --web.config.file.",
    },
}

Security = list[dict[str, list[str]]]


def general(operations: Sequence[Operation]) -> Description:
    """What holds for every exporter, whoever is let in."""
    needed: Security = [{}, {_BASIC: []}, {_CERTIFICATE: []}, {_BASIC: [], _CERTIFICATE: []}]
    never: Security = [{}, {_CERTIFICATE: []}]
    asks = {Password.ALWAYS: needed, Password.FOR_PARAMETERS: needed, Password.NEVER: never}
    return _description(operations, _HERE, asks)


def described(operations: Sequence[Operation], asked: Asked) -> Description:
    """What holds for this exporter."""
    scope, access = asked.request.scope, asked.access
    reached = discovery.reached(scope["scheme"], asked.request.headers.get("host"), scope["server"])
    certificate: dict[str, list[str]] = {_CERTIFICATE: []} if access.asks_certificate else {}
    needed = certificate | ({_BASIC: []} if access.users else {})
    url = (asked.site.config.server.external_url or reached).rstrip("/")
    never = [certificate] if certificate else []
    asks = {
        Password.ALWAYS: [needed] if needed else [],
        Password.FOR_PARAMETERS: [certificate, needed] if access.users else never,
        Password.NEVER: never,
    }
    return _description(operations, url, asks)


def _description(operations: Sequence[Operation], url: str, asks: Mapping[Password, Security]) -> Description:
    return Description(
        openapi="3.1.0",
        info={
            "title": "jobqueue-exporter",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        servers=[{"url": url}],
        security=asks[Password.ALWAYS],
        paths={each.path: {"get": _operation(each, asks)} for each in operations},
        components={
            "schemas": _schemas((*{kind: None for each in operations for kind, _ in each.answers.values()}, Error)),
            "responses": dict(refusals.RESPONSES),
            "securitySchemes": dict(_SCHEMES),
        },
    )


def _operation(operation: Operation, asks: Mapping[Password, Security]) -> dict[str, object]:
    made: dict[str, object] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [_parameter(name) for name in operation.parameters],
        "responses": {
            **{str(status): _answer(kind, words) for status, (kind, words) in operation.answers.items()},
            **{status: {"$ref": f"#/components/responses/{status}"} for status in refusals.of(operation)},
        },
    }
    if operation.password is not Password.ALWAYS:
        made["security"] = asks[operation.password]
    return made


def _parameter(name: str) -> dict[str, object]:
    schema = dict(parameters.schemas()[name])
    return {"name": name, "in": "query", "required": False, "description": schema.pop("description"), "schema": schema}


def _answer(kind: type[msgspec.Struct], words: str) -> dict[str, object]:
    return {"description": words, "content": {"application/json": {"schema": {"$ref": _place(kind.__name__)}}}}


@cache
def _schemas(kinds: tuple[type[msgspec.Struct], ...]) -> dict[str, object]:
    return msgspec.json.schema_components(kinds, schema_hook=_anything, ref_template=_place("{name}"))[1]


def _anything(_: type) -> dict[str, object]:
    """The schema of `object`, which has no other."""
    return {"description": "Any JSON."}


def _place(name: str) -> str:
    return f"#/components/schemas/{name}"
