"""A dead job as a record of an export: the fields of `Job`, and `row`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from jobqueue_exporter.cli.documents import jobs
from jobqueue_exporter.masking import masked

if TYPE_CHECKING:
    from jobqueue_exporter.engines.operations import Job
    from jobqueue_exporter.operate.export import Record

COLUMNS = (*jobs.Job.__struct_fields__, "row")


def record(source: str, job: Job, *, full: bool) -> Record:
    """The job, its error and its row masked but with `full`. `row` is all that its engine keeps, mostly JSON."""
    document = jobs.job(source, job, job.error if full else masked(job.error))
    plain: dict[str, str | int | float | bool | None] = msgspec.to_builtins(document)
    return plain | {"row": job.row if full else masked(job.row)}
