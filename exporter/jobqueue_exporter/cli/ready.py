"""`jobqueue ready`: is all well, in one word or check by check."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import logs, options

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents.ready import Ready
    from jobqueue_exporter.config.types import Config

EXAMPLES = """\b
Examples:
  jobqueue ready                      a word for each source, and what is not well
  jobqueue ready --detail             every check, by name
  jobqueue ready && ./deploy          go on only when nothing has failed
  jobqueue ready --output json | jq -r '.sources[].checks[] | select(.status == "failed") | .message'
"""


@click.command(epilog=EXAMPLES)
@options.config
@options.sources
@click.option("--detail", is_flag=True, help="Every check, also those that are well.")
@options.output
def ready(*, path: Path | None, names: tuple[str, ...], detail: bool, output: str) -> None:
    """Say whether all is well: ok, warning, failed, or unknown where a source cannot tell.

    The verdict is that of the page and of `jobqueue jobs stats`; it reads no more than it needs to.

    Exits with 0 when nothing failed (a warning is no failure), with 1 when a check failed or a source cannot be
    read, with 2 when the configuration is wrong.
    """
    from jobqueue_exporter.cli.documents import write
    from jobqueue_exporter.config.load import load

    with logs.sources_told_elsewhere():
        found = _read(load(path, os.environ), names)
    if output == "json":
        write.document(found)
    else:
        _tell(found, detail=detail)
    if not found.ok:
        click.get_current_context().exit(1)


def _read(config: Config, names: Sequence[str]) -> Ready:
    from jobqueue_exporter.cli import core_readers, verdicts
    from jobqueue_exporter.cli.documents.ready import Ready, Source
    from jobqueue_exporter.cli.snapshots import snapshots
    from jobqueue_exporter.cli.sources import chosen
    from jobqueue_exporter.health import Status

    asked = [one.name for one in chosen(config, names)]
    found = [(one.source, verdicts.of(one, config)) for one in snapshots(config, asked, core_readers.reader)]
    overall = verdicts.worst(verdict.status for _, verdict in found)
    return Ready(
        ok=overall is not Status.FAILED,
        status=overall,
        sources=tuple(
            Source(source=name, status=verdict.status, checks=verdicts.checks(verdict)) for name, verdict in found
        ),
    )


def _tell(found: Ready, *, detail: bool) -> None:
    from rich.console import Group

    from jobqueue_exporter.cli.check_lines import check_lines, title
    from jobqueue_exporter.cli.console import console

    out = console()
    if len(found.sources) > 1:
        out.print(title("overall", found.status))
    for one in found.sources:
        out.print(title(one.source, one.status))
        if checks := [check for check in one.checks if detail or check.status in ("warning", "failed")]:
            out.print(Group(*check_lines(checks, out.width)))
