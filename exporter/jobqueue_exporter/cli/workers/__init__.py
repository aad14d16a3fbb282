"""`jobqueue workers`: who works on the jobs."""

from __future__ import annotations

import click

from jobqueue_exporter.cli.group import LazyGroup

COMMANDS = {
    "status": "What is wrong with the workers, and what to do.",
    "list": "Every worker: heartbeat, queues, slots, jobs it holds.",
    "kill": "How to stop one worker, and what it holds.",
}

EXAMPLES = """\b
Examples:
  jobqueue workers status
  jobqueue workers list
"""


@click.group("workers", cls=LazyGroup, package=__name__, summaries=COMMANDS, epilog=EXAMPLES)
def workers() -> None:
    """See who works on the jobs."""
