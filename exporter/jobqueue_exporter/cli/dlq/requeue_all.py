"""`jobqueue dlq requeue-all`: give many dead jobs back to their workers."""

from __future__ import annotations

from typing import Unpack

import click

from jobqueue_exporter.cli import options
from jobqueue_exporter.cli.pace_options import Paced, paced
from jobqueue_exporter.cli.write_options import Given, writing
from jobqueue_exporter.model import Cause

EXAMPLES = """\b
Examples:
  jobqueue dlq requeue-all --kind TRANSCRIBE --dry-run
  jobqueue dlq requeue-all --cause recoverable --canary 1 --reason "the database is back"
  jobqueue dlq requeue-all --match "connection reset" --older-than 1h --limit 500 --batch 50 --pause 10s
  jobqueue dlq requeue-all --all --limit 0 --canary 3 --yes
"""


class _Asked(Given, Paced):
    """All that this command is given but its filters."""

    limit: int


@click.command("requeue-all", epilog=EXAMPLES)
@options.kind
@options.queue
@click.option("--cause", type=click.Choice([cause.value for cause in Cause]), help="Only jobs that died of this.")
@click.option("--older-than", type=options.Age(), metavar="AGE", help="Only jobs dead for longer, as 90s, 15m, 2h, 3d.")
@click.option("--match", metavar="TEXT", help="Only jobs whose error holds this text, in upper or lower case.")
@click.option("--all", "everything", is_flag=True, help="All dead jobs; needed where nothing narrows.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="No more; 0: however many.")
@paced
@writing
def requeue_all(
    *,
    kind: str | None,
    queue: str | None,
    cause: str | None,
    older_than: float | None,
    match: str | None,
    everything: bool,
    **asked: Unpack[_Asked],
) -> None:
    """Give many dead jobs back to their workers, in batches.

    Shows first which, and asks. With --canary, a few are given back and their outcome is awaited: the rest follows
    only when all of them ended well. It stops by itself when jobs that were given back die again, and at Ctrl-C
    after the batch under way; a second Ctrl-C ends at once.

    A requeued job runs again from its start, so that what it did before it died is done once more. Fix what
    killed the jobs first.

    Exits with 0 when all that were chosen were given back, with 1 when some were not, with 2 for wrong usage.
    """
    narrows = {"kind": kind, "queue": queue, "cause": cause, "older_than": older_than, "match": match}
    if not everything and all(value is None for value in narrows.values()):
        raise click.UsageError("narrow it down by --kind, --queue, --cause, --older-than or --match, or say --all")

    from jobqueue_exporter.cli.selected import carried_out
    from jobqueue_exporter.engines.operations import Operation, Wanted
    from jobqueue_exporter.model import State

    wanted = Wanted(
        state=State.DEAD_LETTER,
        kind=kind,
        queue=queue,
        cause=None if cause is None else Cause(cause),
        older_than=older_than,
        match=match,
        limit=asked["limit"] or None,
    )
    carried_out(Operation.REQUEUE, wanted, asked, asked)
