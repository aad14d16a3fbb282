"""`jobqueue dlq`: dead jobs, and their way back."""

from __future__ import annotations

import click

from jobqueue_exporter.cli.group import LazyGroup

COMMANDS = {
    "list": "Dead jobs, with their errors.",
    "inspect": "All of one job, dead or not.",
    "stats": "How many, since when, why, and how recovery goes.",
    "requeue": "Give dead jobs back to their workers.",
    "requeue-all": "Give many back, by a filter, with a canary and in batches.",
    "abandon": "Give dead jobs up, and keep them.",
    "delete": "Remove dead jobs, after writing them to a file.",
    "export": "Write dead jobs as CSV or JSON lines.",
}

EXAMPLES = """\b
Examples:
  jobqueue dlq list --kind TRANSCRIBE
  jobqueue dlq requeue-all --cause recoverable --canary 1
"""


@click.group("dlq", cls=LazyGroup, package=__name__, summaries=COMMANDS, epilog=EXAMPLES)
def dlq() -> None:
    """See dead jobs, and give them back to their workers or up."""
