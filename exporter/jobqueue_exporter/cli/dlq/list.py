"""`jobqueue dlq list`: dead jobs, with their errors."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from jobqueue_exporter.cli import options
from jobqueue_exporter.cli.dlq.filters import Filters, filters

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents.job_list import JobList
    from jobqueue_exporter.cli.pages import Page

_MOST = 1_000

EXAMPLES = """\b
Examples:
  jobqueue dlq list
  jobqueue dlq list --kind TRANSCRIBE --cause recoverable --older-than 1h
  jobqueue dlq list --match "connection reset" --limit 1000
  jobqueue dlq list --oldest --status retry_scheduled
  jobqueue dlq list --output json | jq -r '.jobs[].id'
"""


class _Asked(Filters):
    """All that this command is given but where from and how to print it."""

    newest: bool
    limit: int
    after: str | None


@click.command("list", epilog=EXAMPLES)
@options.config
@options.sources
@filters
@click.option("--newest/--oldest", default=True, help="Which come first.  [default: newest]")
@click.option("--limit", type=click.IntRange(1, _MOST), default=50, show_default=True, help="Of each source at most.")
@click.option("--after", metavar="ID", help="Go on after this job; for one source.")
@options.output
def list_(*, path: Path | None, names: tuple[str, ...], output: str, **asked: Unpack[_Asked]) -> None:
    """List dead jobs, the newest first. With --status, those of a table of dead jobs whose recovery is so far.

    Newest is by the order that an index has them in, or the engine: by when each was due, or made, which is near its
    death. Where there are more, the command for the next page is printed on stderr. Errors are cut, and secrets in them
    masked: `jobqueue dlq inspect ID` shows more.

    Exits with 0, also when there are none, with 1 when a source cannot be asked, with 2 on wrong usage.
    """
    from jobqueue_exporter.cli.dlq.filters import wanted
    from jobqueue_exporter.cli.operators import operators
    from jobqueue_exporter.cli.pages import pages
    from jobqueue_exporter.config.load import load

    config = load(path, os.environ)
    if asked["after"] is not None and len(names or config.sources) > 1:
        raise click.UsageError("--after goes on with one list: name one --source")
    with operators(config, names, path) as opened:
        found = pages(opened, [wanted(asked, newest=asked["newest"], after=asked["after"])], asked["limit"])
    if output == "json":
        from jobqueue_exporter.cli.documents import write

        write.document(_document(found, asked, opened.failed))
    else:
        _tell(found, asked, failed=bool(opened.failed))
    if opened.failed:
        click.get_current_context().exit(1)


def _document(found: Sequence[Page], asked: _Asked, failed: Sequence[str]) -> JobList:
    from jobqueue_exporter.cli import job_view
    from jobqueue_exporter.cli.documents import job_list, jobs

    return job_list.JobList(
        jobs=tuple(
            jobs.job(page.opened.name, job, job_view.error(job.error, full=False))
            for page in found
            for job in page.jobs
        ),
        more=tuple(
            job_list.More(source=page.opened.name, state=page.state, after=page.jobs[-1].id, command=_next(page, asked))
            for page in found
            if page.more
        ),
        failed=tuple(failed),
    )


def _tell(found: Sequence[Page], asked: _Asked, *, failed: bool) -> None:
    from jobqueue_exporter.cli.job_table import Listed, tell
    from jobqueue_exporter.cli.next_command import shown
    from jobqueue_exporter.model import State

    rows = [Listed(page.opened.named or "", job, page.now) for page in found for job in page.jobs]
    if rows:
        tell(rows, State.DEAD_LETTER)
    elif not failed:
        click.echo("No dead jobs." if _all(asked) else "No such jobs.")
    for page in found:
        if page.more:
            click.echo(f"more: {shown(_next(page, asked))}", err=True)


def _next(page: Page, asked: _Asked) -> str:
    """What prints the page after this one."""
    order = () if asked["newest"] else ("--oldest",)
    words = [*_narrowed(asked), *order, "--limit", str(asked["limit"]), "--after", page.jobs[-1].id]
    return page.opened.commands.pasted(f"dlq list {shlex.join(words)}")


def _narrowed(asked: _Asked) -> Iterator[str]:
    options = ("queue", "kind", "cause", "match", "status")
    for option in options:
        value = asked[option]  # type: ignore[literal-required]  # each of them is a key
        if value is not None:
            yield from (f"--{option}", value)
    if asked["older_than"] is not None:
        yield from ("--older-than", f"{asked['older_than']:g}s")


def _all(asked: _Asked) -> bool:
    return not [*_narrowed(asked)] and asked["after"] is None
