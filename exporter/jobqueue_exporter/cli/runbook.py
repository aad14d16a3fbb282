"""`jobqueue runbook`: what to do about an alert."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.errors import ConfigError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from jobqueue_exporter.bundle.configured import Bundle
    from jobqueue_exporter.bundle.page import Page

EXAMPLES = """\b
Examples:
  jobqueue runbook JobQueueWaitTooLong
  jobqueue runbook procedures/requeue
  jobqueue runbook JobQueueStuckJobs --source shop --queue mail   its commands then look at that queue alone
  jobqueue runbook --list
"""


class _Name(click.ParamType[str]):
    """The name of an alert, or of a page."""

    name = "alert"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, in any case."""
        from click.shell_completion import CompletionItem

        from jobqueue_exporter.bundle import runbooks

        try:
            bundle = _bundle(ctx.params.get("path"))
        except (ConfigError, OSError):
            bundle = _bundle_of_defaults()
        pages = runbooks.pages(bundle)
        names = [*(spec.name for spec in bundle.specs), *(page.name for page in pages)]
        return [CompletionItem(name) for name in names if name.lower().startswith(incomplete.lower())]


@click.command(epilog=EXAMPLES)
@click.argument("alert", required=False, type=_Name(), metavar="[ALERT]")
@click.option("--list", "listed", is_flag=True, help="Name every alert and every procedure.")
@click.option("--config", "path", type=click.Path(path_type=Path), help="Instead of ./jobqueue.yml, if there is one.")
@click.option("--source", default="", help="What the alert is about: commands in the text then name it.")
@click.option("--queue", default="", help="The same; needs --source.")
@click.option("--kind", default="", help="The same; needs --source.")
def runbook(*, alert: str | None, listed: bool, path: Path | None, source: str, queue: str, kind: str) -> None:
    """Print what an alert means and what to do about it, with thresholds and contacts as jobqueue.yml has them.

    ALERT is its name, in any case, or that of a procedure. Connects to nothing. Where jobqueue.yml cannot be used, it
    says so and prints the defaults.
    """
    if (alert is None) is not listed:
        raise click.UsageError("name an alert, or use --list")
    if (queue or kind) and not source:
        raise click.UsageError("name the --source too, as the labels of the alert have it")
    lane = {"source": source, "queue": queue, "kind": kind}
    try:
        text = _text(_bundle(path), alert, lane)
    except (ConfigError, OSError) as error:
        click.echo(
            f"{error}\nthresholds and contacts are the defaults here: the configuration cannot be used", err=True
        )
        text = _text(_bundle_of_defaults(), alert, lane)
    click.echo(text, nl=False)


def _bundle(path: Path | None) -> Bundle:
    from jobqueue_exporter.bundle import configured
    from jobqueue_exporter.config.load import without_sources

    return configured.bundle(without_sources(path, os.environ))


def _bundle_of_defaults() -> Bundle:
    from jobqueue_exporter.bundle import configured
    from jobqueue_exporter.config.types import Config

    return configured.bundle(Config(sources=()))


def _text(bundle: Bundle, alert: str | None, lane: Mapping[str, str]) -> str:
    """What is printed. Raises ConfigError or OSError: a page cannot be read."""
    from jobqueue_exporter import masking
    from jobqueue_exporter.bundle import aimed, runbooks
    from jobqueue_exporter.cli.console import PIPED_WIDTH, console
    from jobqueue_exporter.cli.runbook_text import folded, linked

    pages = runbooks.pages(bundle)
    if alert is None:
        return "".join(f"{line}\n" for page in pages for line in _listed(page))
    page, name = _wanted(alert, pages)
    said = {label: value for label, value in lane.items() if value}
    told = aimed.page(runbooks.told(page, bundle, said), said)
    section = told.section(name)
    text = linked(runbooks.text(section) if section else runbooks.whole(told), page, pages)
    text = masking.block(text, len(text))
    width = console().width
    return text if width == PIPED_WIDTH else folded(text, width)


def _listed(page: Page) -> list[str]:
    return [f"{page.name}: {page.title}", *(f"  {each.name}" for each in page.sections)]


def _wanted(alert: str, pages: tuple[Page, ...]) -> tuple[Page, str]:
    """The page, and the name of the section if it is about one; raises UsageError where there is none."""
    by_name: dict[str, tuple[Page, str]] = {}
    for page in pages:
        by_name |= {section.name.lower(): (page, section.name) for section in page.sections}
    # Names of pages come before short ones of procedures: `backlog` is a topic and a procedure.
    by_name |= {page.name.rpartition("/")[2].lower(): (page, "") for page in reversed(pages)}
    by_name |= {page.name.lower(): (page, "") for page in pages}
    wanted = alert.lower().removesuffix(".md")
    if wanted not in by_name:
        raise click.UsageError(f"there is no runbook of {alert!r}; {_nearest(wanted, by_name)}")
    return by_name[wanted]


def _nearest(word: str, by_name: Mapping[str, tuple[object, str]]) -> str:
    near = get_close_matches(word, by_name, 3) or [name for name in by_name if word in name][:3]
    names = [by_name[name][1] or name for name in near]
    return f"did you mean {', '.join(names)}?" if names else "`jobqueue runbook --list` names all"
