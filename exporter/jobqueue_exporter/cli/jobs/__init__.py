"""`jobqueue jobs`: see jobs, and put single ones right."""

from __future__ import annotations

import click

from jobqueue_exporter.cli.group import LazyGroup

COMMANDS = {
    "stats": "How is it, and why: queues, workers, errors, advice.",
    "list": "Jobs by state, kind, queue and age.",
    "status": "All of one job, what it means, and what to do next.",
    "history": "What happened to one job, in order.",
    "watch": "The same as stats, live.",
    "cancel": "Call off jobs that wait.",
    "reclaim": "Take stuck jobs from workers that are lost.",
}

EXAMPLES = """\b
Examples:
  jobqueue jobs stats
  jobqueue jobs list --state running
  jobqueue jobs status 7
"""


@click.group("jobs", cls=LazyGroup, package=__name__, summaries=COMMANDS, epilog=EXAMPLES)
def jobs() -> None:
    """See how jobs are, and put single ones right."""
