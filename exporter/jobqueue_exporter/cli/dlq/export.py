"""`jobqueue dlq export`: dead jobs as CSV or JSON lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Unpack

import click

from jobqueue_exporter.cli import options
from jobqueue_exporter.cli.dlq.filters import Filters, filters

if TYPE_CHECKING:
    from jobqueue_exporter.cli.operators import Operators
    from jobqueue_exporter.engines.operations import Wanted
    from jobqueue_exporter.operate.export import Record

EXAMPLES = """\b
Examples:
  jobqueue dlq export -o dead.csv
  jobqueue dlq export --format jsonl --cause unknown | jq -r .error | sort | uniq -c | sort -rn
  jobqueue dlq export --older-than 30d --format jsonl --full -o archive.jsonl
"""


class _Asked(Filters):
    """All that this command is given but where from and where to."""

    limit: int | None
    full: bool


@click.command(epilog=EXAMPLES)
@options.config
@options.sources
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True, help="How it is written."
)
@click.option("-o", "--to", "to", type=click.Path(path_type=Path), metavar="FILE", help="Instead of to stdout.")
@filters
@click.option("--limit", type=click.IntRange(min=1), help="So many of each source at most.  [default: all]")
@options.full
def export(*, path: Path | None, names: tuple[str, ...], form: str, to: Path | None, **asked: Unpack[_Asked]) -> None:
    """Write dead jobs, all that is kept of each, as CSV or as JSON lines; any number of them.

    The last column, `row`, is the job as its engine keeps it. Secrets and personal data are masked, but with
    --full. In CSV, a cell that a spreadsheet would take for a formula begins with '. A file appears under its name
    only when it is whole, and is for you alone to read.

    Exits with 0, with 1 when a source or the file failed, with 2 when the configuration is wrong.
    """
    from jobqueue_exporter.cli.dlq.filters import wanted
    from jobqueue_exporter.cli.operators import operators
    from jobqueue_exporter.config.load import load
    from jobqueue_exporter.errors import JobQueueError

    chosen = wanted(asked, limit=asked["limit"], whole=True)
    with operators(load(path, os.environ), names) as opened:
        if opened.failed:
            raise JobQueueError(f"nothing was written: {', '.join(opened.failed)} cannot be asked, see above")
        _write(_records(opened, chosen, full=asked["full"]), form, to)


def _write(records: Iterator[Record], form: str, to: Path | None) -> None:
    from jobqueue_exporter.cli.written import Written
    from jobqueue_exporter.operate.export import whole_file

    if to is not None:
        with Written(to, "nothing was kept of it") as written, whole_file(to) as file:
            _lines(written.counted(records), form, file)
        return
    with Written(None, "what was written is not all") as written:
        _lines(written.counted(records), form, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _lines(records: Iterator[Record], form: str, out: BinaryIO) -> None:
    from jobqueue_exporter.cli.documents.dead_job import COLUMNS
    from jobqueue_exporter.operate.export import csv_lines, json_lines

    lines = csv_lines(COLUMNS, records) if form == "csv" else json_lines(records, nested="row")
    for line in lines:
        out.write(line.encode("utf-8", "backslashreplace"))


def _records(opened: Operators, wanted: Wanted, *, full: bool) -> Iterator[Record]:
    from jobqueue_exporter.cli.documents.dead_job import record

    for one in opened:
        for job in one.operator.list(wanted):
            yield record(one.name, job, full=full)
