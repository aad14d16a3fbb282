"""What may be answered instead of what an operation answers, as OpenAPI describes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobqueue_exporter.web.api.documents import Error
from jobqueue_exporter.web.api.operation import Operation, Password

_TEXT = {"text/plain": {"schema": {"type": "string"}}}
_JSON = {"application/json": {"schema": {"$ref": f"#/components/schemas/{Error.__name__}"}}}

RESPONSES: Mapping[str, Mapping[str, object]] = {
    "401": {
        "description": "No password was given where one is needed, or a wrong one.",
        "headers": {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}},
        "content": _TEXT,
    },
    "405": {
        "description": "Another method than GET or HEAD: this API is read-only.",
        "headers": {"Allow": {"required": True, "schema": {"type": "string"}}},
        "content": _JSON,
    },
    "413": {"description": "Requests have no body here.", "content": _TEXT},
    "429": {
        "description": "Too many requests, or too many passwords at once.",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "string"}}},
        "content": _TEXT,
    },
    "500": {"description": "A mistake of ours, which the exporter's log has.", "content": _TEXT},
}
"""Each by its status, as a component of the description."""

_AT_THE_GATE = ("401", "429")


def of(operation: Operation) -> Iterable[str]:
    """The statuses of those that an operation may give."""
    return [each for each in RESPONSES if operation.password is not Password.NEVER or each not in _AT_THE_GATE]
