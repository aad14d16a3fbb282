"""`jobqueue jobs reclaim`: take stuck jobs from workers that are lost."""

from __future__ import annotations

from typing import Unpack

import click

from jobqueue_exporter.cli import options
from jobqueue_exporter.cli.write_options import Given, writing

EXAMPLES = """\b
Examples:
  jobqueue jobs reclaim --dry-run
  jobqueue jobs reclaim --kind TRANSCRIBE --reason "worker-3 was evicted"
  jobqueue jobs reclaim 7
"""


@click.command(epilog=EXAMPLES)
@click.argument("ids", nargs=-1, metavar="[ID...]")
@options.kind
@options.queue
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="No more; 0: however many.")
@writing
def reclaim(*, ids: tuple[str, ...], kind: str | None, queue: str | None, limit: int, **given: Unpack[Given]) -> None:
    """Take stuck jobs from workers that are lost: they wait again, or are dead when out of attempts.

    Without ids, all that are stuck: running, while their worker has given no sign of life for the lease of the
    source. ID is what `jobs list` shows; `-` reads ids from stdin, one a line. A job whose worker lives is left
    alone.

    Exits with 0 when all were reclaimed, with 1 when one was not, with 2 for wrong usage.
    """
    if ids and (kind or queue):
        raise click.UsageError("name ids, or narrow down by --kind or --queue, but not both")

    from jobqueue_exporter.cli import orders, selected
    from jobqueue_exporter.engines.operations import Operation, Wanted
    from jobqueue_exporter.model import State

    if ids:
        orders.by_ids(Operation.RECLAIM, ids, given)
        return
    wanted = Wanted(state=State.RUNNING, stuck=True, kind=kind, queue=queue, limit=limit or None)
    selected.carried_out(Operation.RECLAIM, wanted, given)
