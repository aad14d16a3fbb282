"""`jobqueue dlq requeue-all`: give many dead jobs back to their workers."""

from __future__ import annotations

from typing import Unpack

import click

from jobqueue_exporter.cli.dlq.filters import Filters, narrowing
from jobqueue_exporter.cli.pace_options import Paced, paced
from jobqueue_exporter.cli.write_options import Given, writing

EXAMPLES = """\b
Examples:
  jobqueue dlq requeue-all --kind TRANSCRIBE --dry-run
  jobqueue dlq requeue-all --cause recoverable --canary 1 --reason "the database is back"
  jobqueue dlq requeue-all --match "connection reset" --older-than 1h --limit 500 --batch 50 --pause 10s
  jobqueue dlq requeue-all --all --limit 0 --canary 3 --yes
"""


class _Asked(Given, Paced, Filters):
    """All that this command is given."""

    limit: int


@click.command("requeue-all", epilog=EXAMPLES)
@narrowing
@click.option("--all", "everything", is_flag=True, help="All dead jobs; needed where nothing narrows.")
@click.option("--limit", type=click.IntRange(min=0), default=50, show_default=True, help="No more; 0: however many.")
@paced
@writing
def requeue_all(*, everything: bool, **asked: Unpack[_Asked]) -> None:
    """Give many dead jobs back to their workers, in batches.

    Shows first which, and asks. With --canary, a few are given back and their outcome is awaited: the rest follows
    only when all of them ended well. It stops by itself when jobs that were given back die again: up to 1,000 of
    them are looked at, between batches and once after the last. Jobs may still die later: look with
    `jobqueue dlq stats`; only --canary waits for an outcome. It stops after the batch under way at Ctrl-C, or when
    nobody reads stdout any more; a second Ctrl-C ends at once.

    A requeued job runs again from its start, so that what it did before it died is done once more. Fix what
    killed the jobs first.

    Exits with 0 when all that were chosen were given back, with 1 when some were not or are dead again, with 2
    for wrong usage.
    """
    _check(asked, everything=everything)

    from jobqueue_exporter.cli.dlq.filters import wanted
    from jobqueue_exporter.cli.selected import carried_out
    from jobqueue_exporter.engines.operations import Operation

    carried_out(Operation.REQUEUE, wanted(asked, limit=asked["limit"] or None), asked, asked)


def _check(asked: _Asked, *, everything: bool) -> None:
    """Raises UsageError unless it is said which jobs; an empty name, as of an unset variable, says nothing."""
    kind, queue = asked["kind"], asked["queue"]
    if queue is not None and not queue.strip():
        raise click.UsageError("--queue is empty: name one, or leave it out")
    if kind is not None and not kind.strip() and not everything:
        raise click.UsageError("--kind is empty: name one; where jobs without a kind are meant, add --all")
    narrows = (kind, queue, asked["cause"], asked["older_than"], asked["match"])
    if not everything and all(value is None for value in narrows):
        raise click.UsageError("narrow it down by --kind, --queue, --cause, --older-than or --match, or say --all")
