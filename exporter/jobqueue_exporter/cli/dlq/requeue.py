"""`jobqueue dlq requeue`: give dead jobs back to their workers."""

from __future__ import annotations

from typing import Unpack

import click

from jobqueue_exporter.cli import ids as id_arguments
from jobqueue_exporter.cli.write_options import Given, writing

EXAMPLES = """\b
Examples:
  jobqueue dlq requeue 7 --reason "the disk is no longer full"
  jobqueue dlq requeue 7 8 9 --dry-run
  jobqueue dlq export --kind MAIL --format jsonl | jobqueue dlq requeue - --yes
"""


@click.command(epilog=EXAMPLES)
@id_arguments.argument
@writing
def requeue(*, ids: tuple[str, ...], **given: Unpack[Given]) -> None:
    """Give dead jobs back to their workers, with all their attempts and due now.

    ID is what `dlq list` shows; `-` reads ids from stdin, one a line. Find out first why a job died: it runs
    again from its start, so that what it did before it died is done once more, and what killed it may kill it
    again. A job that is not dead is left alone, and what fits it is said.

    Exits with 0 when all were given back, with 1 when one was not, with 2 for wrong usage.
    """
    from jobqueue_exporter.cli.orders import by_ids
    from jobqueue_exporter.engines.operations import Operation

    by_ids(Operation.REQUEUE, ids, given)
