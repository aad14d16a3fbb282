"""`jobqueue dlq abandon`: give dead jobs up."""

from __future__ import annotations

from typing import Unpack

import click

from jobqueue_exporter.cli import ids as id_arguments
from jobqueue_exporter.cli.write_options import Given, writing

EXAMPLES = """\b
Examples:
  jobqueue dlq abandon 7 --reason "the customer has left"
  jobqueue dlq abandon 7 8 --dry-run
"""


@click.command(epilog=EXAMPLES)
@id_arguments.argument
@writing
def abandon(*, ids: tuple[str, ...], **given: Unpack[Given]) -> None:
    """Give dead jobs up: they are kept, and are no longer waiting for anybody.

    ID is what `dlq list` shows; `-` reads ids from stdin, one a line. A job that is not dead is left alone, and
    what fits it is said.

    Exits with 0 when all were given up, with 1 when one was not, with 2 for wrong usage.
    """
    from jobqueue_exporter.cli.orders import by_ids
    from jobqueue_exporter.engines.operations import Operation

    by_ids(Operation.ABANDON, ids, given)
