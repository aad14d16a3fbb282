"""Everything that can be asked of the API."""

from __future__ import annotations

from jobqueue_exporter.web.api import dead_letters, documents, failures, health, reading
from jobqueue_exporter.web.api.openapi import described
from jobqueue_exporter.web.api.operation import Asked, Operation, Password, Reply

_UNREAD = (documents.Error, "None of the sources that were asked for can be read.")
_NO_SUCH_SOURCE = (documents.Error, "There is no source of that name.")
_BAD = (documents.Error, "A parameter is not what it should be.")


async def _description(asked: Asked) -> Reply:
    return Reply(described(OPERATIONS, asked))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        path="/healthz",
        name="healthz",
        summary="Whether the exporter answers",
        description="Touches no source.",
        answer=health.alive,
        answers={200: (documents.Alive, "It does.")},
        password=Password.NEVER,
    ),
    Operation(
        path="/readyz",
        name="readyz",
        summary="Whether all is well with the jobs",
        description=(
            "The verdict of `jobqueue ready`, of the worst of all sources or of one. A warning is no failure, and "
            "neither is what cannot be told. Needs no password as long as no parameter is given; why a source cannot "
            "be read is told only to clients that have shown who they are. Not for the probes of Kubernetes, which "
            "would restart a healthy exporter because jobs wait: they have `/-/healthy` and `/-/ready`."
        ),
        answer=health.ready,
        answers={
            200: (documents.Ready, "Nothing has failed."),
            503: (documents.Ready, "Something has failed."),
            400: _BAD,
            404: _NO_SUCH_SOURCE,
        },
        parameters=("source", "detail"),
        password=Password.FOR_PARAMETERS,
    ),
    Operation(
        path="/api/v1/snapshot",
        name="snapshot",
        summary="What a reading of each source finds",
        description="As `jobqueue once --output json` has it. A source that cannot be read is in it, with `up` false.",
        answer=reading.snapshot,
        answers={200: (documents.Snapshots, "Each source."), 400: _BAD, 404: _NO_SUCH_SOURCE},
        parameters=("source",),
    ),
    Operation(
        path="/api/v1/dlq/stats",
        name="dlqStats",
        summary="Dead jobs in numbers",
        description=(
            "Of one source, or of all together and each. A sum is over the sources that can tell of dead jobs; it is "
            "null where one of these cannot tell its part, and where a source cannot be read: `error` says of each why."
        ),
        answer=dead_letters.stats,
        answers={200: (documents.DlqStats, "The numbers."), 400: _BAD, 404: _NO_SUCH_SOURCE, 503: _UNREAD},
        parameters=("source",),
    ),
    Operation(
        path="/api/v1/dlq/failures",
        name="dlqFailures",
        summary="The newest dead jobs",
        description=(
            "As `jobqueue dlq list` lists them, with masked errors. Used again for some seconds; `read_at` says from "
            "when it is. What sources that cannot be read have is missing, and `errors` says why. Clients that have "
            "not shown who they are get the number only."
        ),
        answer=failures.failures,
        answers={
            200: (documents.Failures, "The newest first."),
            400: (documents.Error, f"{_BAD[1]} Or the engine shows no single jobs."),
            404: _NO_SUCH_SOURCE,
            503: _UNREAD,
        },
        parameters=("limit", "source"),
    ),
    Operation(
        path="/api/v1/openapi.json",
        name="openapi",
        summary="This description",
        description="With the address and the way to sign in of this exporter.",
        answer=_description,
        answers={200: (documents.Description, "OpenAPI 3.1.")},
    ),
)
PATHS = ", ".join(operation.path for operation in OPERATIONS)
