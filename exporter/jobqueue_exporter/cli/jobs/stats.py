"""`jobqueue jobs stats`: how is it, and why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import logs, options

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents.stats import Stats
    from jobqueue_exporter.config.types import Config

EXAMPLES = """\b
Examples:
  jobqueue jobs stats                       how it is, and what to do
  jobqueue jobs stats --all                 queues and kinds that are empty too
  jobqueue jobs stats --output json | jq '.sources[].lanes[] | select(.late)'
"""


@click.command(epilog=EXAMPLES)
@options.config
@options.sources
@click.option("--all", "everything", is_flag=True, help="Queues and kinds that are empty too.")
@options.output
def stats(*, path: Path | None, names: tuple[str, ...], everything: bool, output: str) -> None:
    """Say how it is and why: health, numbers of jobs, queues, workers, what died in the last hour, what to do.

    Reads what a scrape of /metrics reads, and the newest dead jobs. "?" is what a source cannot tell; "at least"
    and "≥" mean that counting stopped at the source's count_cap.

    Exits with 0 when nothing failed (a warning is no failure), with 1 when a check failed or a source cannot be
    read, with 2 when the configuration is wrong.
    """
    from jobqueue_exporter.cli.documents import write
    from jobqueue_exporter.config.load import load

    with logs.sources_told_elsewhere():
        found = _read(load(path, os.environ), names, path, everything=everything)
    if output == "json":
        write.document(found)
    else:
        _tell(found)
    if found.status == "failed":
        click.get_current_context().exit(1)


def _read(config: Config, names: tuple[str, ...], path: Path | None, *, everything: bool) -> Stats:
    from jobqueue_exporter.cli import failures, overview
    from jobqueue_exporter.cli.snapshots import snapshots
    from jobqueue_exporter.cli.sources import chosen

    asked = [one.name for one in chosen(config, names)]
    return overview.stats_of(
        [
            overview.source(one, config, failures.recent(one, config), path=path, everything=everything)
            for one in snapshots(config, asked)
        ]
    )


def _tell(found: Stats) -> None:
    from rich.text import Text

    from jobqueue_exporter.cli.console import console
    from jobqueue_exporter.cli.overview_lines import overview

    out = console()
    for each in overview(found, out.width):
        out.print(each, soft_wrap=isinstance(each, Text))
