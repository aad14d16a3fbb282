"""What the OpenAPI description promises of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from jobqueue_exporter.web.api.documents import Error
from jobqueue_exporter.web.api.operation import Operation
from tests.web.served import Reply


def broken(description: Mapping[str, Any], operation: Operation, reply: Reply) -> Iterator[str]:
    """Every promise that this answer of the operation breaks."""
    responses = description["paths"][operation.path]["get"]["responses"]
    told = responses.get(str(reply.status))
    if told is None:
        yield f"{operation.path}: {reply.status} is not described"
        return
    if "$ref" in told:
        told = description["components"]["responses"][told["$ref"].rpartition("/")[2]]
    for name, header in told.get("headers", {}).items():
        if header.get("required") and name.lower() not in reply.headers:
            yield f"{operation.path}: {reply.status} lacks {name}"
    kind = reply.headers["content-type"].partition(";")[0]
    if kind not in told["content"]:
        yield f"{operation.path}: {reply.status} as {kind} is not described"
    elif kind == "application/json":
        schema = told["content"][kind]["schema"] | {"components": description["components"]}
        body = msgspec.json.decode(reply.body)
        errors = [f"{operation.path}: {each.message}" for each in Draft202012Validator(schema).iter_errors(body)]
        yield from errors or _untold(operation, reply)


def _untold(operation: Operation, reply: Reply) -> Iterator[str]:
    """What is in an answer and not in its schema: it would not survive being read by the type and written again."""
    kind, _ = operation.answers.get(reply.status, (Error, ""))
    read = msgspec.json.decode(reply.body, type=kind)
    if msgspec.json.decode(msgspec.json.encode(read)) != msgspec.json.decode(reply.body):
        yield f"{operation.path}: more is answered than is described"
