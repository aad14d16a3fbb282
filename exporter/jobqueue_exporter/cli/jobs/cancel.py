"""`jobqueue jobs cancel`: call off jobs that wait."""

from __future__ import annotations

from typing import Unpack

import click

from jobqueue_exporter.cli import ids as id_arguments
from jobqueue_exporter.cli.write_options import Given, writing

EXAMPLES = """\b
Examples:
  jobqueue jobs cancel 7 --reason "sent twice"
  jobqueue jobs cancel 7 8 --dry-run
"""


@click.command(epilog=EXAMPLES)
@id_arguments.argument
@writing
def cancel(*, ids: tuple[str, ...], **given: Unpack[Given]) -> None:
    """Call off jobs that wait: no worker will take them.

    ID is what `jobs list` shows; `-` reads ids from stdin, one a line. A job that runs is left alone: no worker
    is interrupted. BullMQ keeps nothing of a cancelled job: it is removed for good.

    Exits with 0 when all were called off, with 1 when one was not, with 2 for wrong usage.
    """
    from jobqueue_exporter.cli.orders import by_ids
    from jobqueue_exporter.engines.operations import Operation

    by_ids(Operation.CANCEL, ids, given)
