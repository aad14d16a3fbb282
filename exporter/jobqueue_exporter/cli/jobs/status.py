"""`jobqueue jobs status`: all of one job, what it means, and what to do next."""

from __future__ import annotations

from pathlib import Path

import click

from jobqueue_exporter.cli import options

EXAMPLES = """\b
Examples:
  jobqueue jobs status 7
  jobqueue jobs status 7 --full                     payload and error whole, secrets too
  jobqueue jobs status 7 --output json | jq -r .meaning.word
"""


@click.command(epilog=EXAMPLES)
@click.argument("job_id", metavar="ID")
@options.config
@options.sources
@options.full
@options.output
def status(*, job_id: str, path: Path | None, names: tuple[str, ...], full: bool, output: str) -> None:
    """Show all of the job ID: state, attempts, who holds it, every moment, error, payload, its last events; say what
    that means (stuck, waiting long, last attempt, parked, dead …) and the command to run next.

    All sources are searched for it unless one is named.

    Exits with 0 when it was found, whatever its state, with 1 when there is no such job or no source could be asked,
    with 2 on wrong usage, also when several sources have a job of this id.
    """
    from jobqueue_exporter.cli import job_view

    job_view.show(job_id, path, names, full=full, output=output)
