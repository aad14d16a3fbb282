"""`jobqueue dlq inspect`: all of one job."""

from __future__ import annotations

from pathlib import Path

import click

from jobqueue_exporter.cli import options

EXAMPLES = """\b
Examples:
  jobqueue dlq inspect 7
  jobqueue dlq inspect 0196b1f0-7c1e-7000-8000-000000000001 --full
  jobqueue dlq inspect 7 --output json | jq -r .job.error
"""


@click.command(epilog=EXAMPLES)
@click.argument("job_id", metavar="ID")
@options.config
@options.sources
@options.full
@options.output
def inspect(*, job_id: str, path: Path | None, names: tuple[str, ...], full: bool, output: str) -> None:
    """Show all that is kept of one job, what it means, and what to run next. It need not be dead.

    Secrets and personal data are masked, and long texts cut, but with --full.

    Exits with 0, with 1 when there is no such job, with 2 when several sources have one, or the configuration
    is wrong.
    """
    from jobqueue_exporter.cli import job_view

    job_view.show(job_id, path, names, full=full, output=output)
