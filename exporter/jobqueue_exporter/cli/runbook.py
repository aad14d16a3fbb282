"""`jobqueue runbook`: what to do about an alert."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import click

EXAMPLES = """\b
Examples:
  jobqueue runbook JobQueueWaitTooLong
  jobqueue runbook --list
"""


@click.command(epilog=EXAMPLES)
@click.argument("alert", required=False)
@click.option("--list", "listed", is_flag=True, help="Name every alert and every procedure.")
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml, if there is one.")
def runbook(*, alert: str | None, listed: bool, path: Path | None) -> None:
    """Print what an alert means and what to do about it, with thresholds and contacts as jobqueue.yml has them.

    ALERT is its name, in any case, or that of a procedure. Connects to nothing.
    """
    from jobqueue_exporter import masking
    from jobqueue_exporter.bundle import configured, runbooks
    from jobqueue_exporter.config.load import without_sources

    if (alert is None) is not listed:
        raise click.UsageError("name an alert, or use --list")
    bundle = configured.bundle(without_sources(path, os.environ))
    pages = runbooks.pages(bundle)
    if alert is None:
        for page in pages:
            click.echo("\n".join([f"{page.name}: {page.title}", *(f"  {each.name}" for each in page.sections)]))
        return
    by_name = {section.name.lower(): (page, section.name) for page in pages for section in page.sections}
    by_name |= {page.name.rpartition("/")[2].lower(): (page, "") for page in pages}
    if alert.lower() not in by_name:
        raise click.UsageError(f"there is no runbook of {alert!r}; {_nearest(alert.lower(), by_name)}")
    page, name = by_name[alert.lower()]
    told = runbooks.told(page, bundle)
    section = told.section(name)
    text = runbooks.text(section) if section else runbooks.whole(told)
    click.echo(masking.block(text, len(text)), nl=False)


def _nearest(word: str, by_name: Mapping[str, tuple[object, str]]) -> str:
    near = get_close_matches(word, by_name, 3) or [name for name in by_name if word in name][:3]
    names = [by_name[name][1] or name for name in near]
    return f"did you mean {', '.join(names)}?" if names else "`jobqueue runbook --list` names all"
