"""`jobqueue dlq delete`: remove dead jobs, after writing them to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from jobqueue_exporter.cli import ids as id_arguments
from jobqueue_exporter.cli.write_options import Given, writing

EXAMPLES = """\b
Examples:
  jobqueue dlq delete 7
  jobqueue dlq delete 7 8 --dry-run
  jobqueue dlq delete 7 --export /var/backups/job-7.jsonl --reason "holds personal data" --yes
"""


@click.command(epilog=EXAMPLES)
@id_arguments.argument
@click.option(
    "--export",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the jobs are written first.  [default: ./jobqueue-deleted-<time>.jsonl]",
)
@writing
def delete(*, ids: tuple[str, ...], export: Path | None, **given: Unpack[Given]) -> None:
    """Remove dead jobs for good, after writing all that is kept of them to a file, a JSON object a line.

    ID is what `dlq list` shows; `-` reads ids from stdin, one a line. At a terminal you are asked to type the id,
    or how many they are. The file is for you alone (mode 0600) and holds payloads whole; it is never written
    over another. A job that could not be written there, or is not dead, is left alone.

    Exits with 0 when all were removed, with 1 when one was not, with 2 for wrong usage.
    """
    from jobqueue_exporter.cli.removal import removed

    removed(ids, export, given)
