"""`jobqueue doctor`: try a source, and say what is wrong and how to mend it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.config.types import Source

if TYPE_CHECKING:
    from jobqueue_exporter.engines.protocol import Finding

EXAMPLES = """\b
Examples:
  DATABASE_URL=postgresql://... jobqueue doctor
  jobqueue doctor --source shop
  jobqueue doctor --output json | jq '.sources[].findings[] | select(.statement != "")'
"""

_COLOURS = {"ok": "green", "info": "blue", "warning": "yellow", "failed": "red"}


@click.command(epilog=EXAMPLES)
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml.")
@click.option("--source", "names", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", show_default=True)
def doctor(*, path: Path | None, names: tuple[str, ...], output: str) -> None:
    """Try a source: can it be read, rightly and cheaply, with no more rights than needed.

    Reads each source a few times, as scrapes would, and changes nothing. Statements that it prints are for
    you to run.

    Exits with 0 when nothing failed, with 1 when something did, with 2 when the configuration is wrong.
    """
    from jobqueue_exporter.cli.sources import chosen
    from jobqueue_exporter.config.load import load

    sources = chosen(load(path, os.environ), names)
    found = {source.name: _findings(source, tell=output == "text") for source in sources}
    if output == "json":
        document = [{"source": name, "findings": [asdict(one) for one in all_]} for name, all_ in found.items()]
        click.echo(json.dumps({"sources": document}, indent=2, ensure_ascii=False))
    if any(one.status == "failed" for all_ in found.values() for one in all_):
        click.get_current_context().exit(1)


def _findings(source: Source, *, tell: bool) -> list[Finding]:
    """The findings of a source, told as they come when `tell`."""
    from jobqueue_exporter import engines

    if tell:
        click.secho(f"source {source.name}", bold=True)
    found = []
    for finding in engines.checkup(source):
        found.append(finding)
        if tell:
            _tell(finding)
    return found


def _tell(finding: Finding) -> None:
    status = click.style(f"{finding.status:<8}", fg=_COLOURS[finding.status])
    click.echo(f"  {status}{finding.topic}: {finding.text}")
    for line in finding.statement.splitlines():
        click.echo(f"          {line}")
