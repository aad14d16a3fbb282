"""By which of procrastinate's own procedures a job is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.errors import Refused

OFFERED = frozenset(Operation) - {Operation.ABANDON}
_HALF = "apply procrastinate's migrations up to {release}, which brought it"


@dataclass(frozen=True, slots=True)
class Procedure:
    """What a job must be `expected` to be, what it `becomes`, and the statement that does it to a list of ids."""

    operation: Operation
    expected: str
    becomes: str
    statement: Callable[[str], str]

    @property
    def makes_wait(self) -> bool:
        """Whether the job is among the waiting ones afterwards, where each queueing lock may be but once."""
        return self.operation in (Operation.REQUEUE, Operation.RECLAIM)


def check(operation: Operation) -> None:
    """Raises Refused for what is done to no job of procrastinate."""
    if operation not in OFFERED:
        raise Refused(
            f"procrastinate has no {operation}: none of its statuses is that of a dead job that is given up; "
            "leave it failed, or delete it"
        )


def procedure(schema: Schema, operation: Operation) -> Procedure:
    """How this is done in this release. Raises Refused where it is not, or not offered at all."""
    match operation:
        case Operation.REQUEUE:
            return Procedure(operation, "failed", "todo", _calls(_retry(schema), "now(), NULL, NULL, NULL"))
        case Operation.RECLAIM:
            becomes = "todo (failed, if it was to be aborted)"
            return Procedure(operation, "doing", becomes, _calls(_give_back(schema), "now(), NULL, NULL, NULL"))
        case Operation.CANCEL:
            return Procedure(operation, "todo", "cancelled", _calls(_cancel(schema), "false, false"))
        case Operation.DELETE:
            # The engine's own delete_old_jobs is no function either; its trigger and foreign keys do the rest.
            jobs = schema.jobs.sql
            return Procedure(
                operation,
                "failed",
                "deleted",
                lambda ids: f"DELETE FROM {jobs} WHERE id IN ({ids}) AND status = 'failed' RETURNING id",
            )
    check(operation)
    raise AssertionError(operation)


def _calls(function: str, arguments: str) -> Callable[[str], str]:
    return lambda ids: f"SELECT {function}(id, {arguments}) FROM unnest(ARRAY[{ids}]::bigint[]) AS id"


def _retry(schema: Schema) -> str:
    return schema.retry or _missing(schema, "function procrastinate_retry_job_v2", "3.4")


def _give_back(schema: Schema) -> str:
    if not schema.tells_stuck:
        return _missing(schema, "heartbeats of workers to be read", "3.1")
    return schema.retry_running or _missing(schema, "function procrastinate_retry_job_v1", "3.1")


def _cancel(schema: Schema) -> str:
    found = schema.function("procrastinate_cancel_job_v1")
    return found or _missing(schema, "function procrastinate_cancel_job_v1", "3.0")


def _missing(schema: Schema, what: str, release: str) -> str:
    raise Refused(f"there is no {what} in schema {schema.jobs.schema}: {_HALF.format(release=release)}")
