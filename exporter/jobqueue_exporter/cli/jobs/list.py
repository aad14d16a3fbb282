"""`jobqueue jobs list`: jobs by state, queue, kind and age."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.cli import options
from jobqueue_exporter.model import State

if TYPE_CHECKING:
    from jobqueue_exporter.cli.documents.job_list import JobList
    from jobqueue_exporter.cli.pages import Page
    from jobqueue_exporter.engines.operations import Wanted

_STATES = tuple(State)
_MOST = 1_000

EXAMPLES = """\b
Examples:
  jobqueue jobs list                                  all that live, 50 of each state at most
  jobqueue jobs list --state running --stuck          those whose worker is lost
  jobqueue jobs list --state pending --older-than 15m --kind CLIP_RENDER
  jobqueue jobs list --state pending --output json | jq -r '.jobs[].id'
"""


@click.command("list", epilog=EXAMPLES)
@options.config
@options.sources
@click.option(
    "--state",
    "states",
    type=click.Choice(_STATES, case_sensitive=False),
    multiple=True,
    help="Only jobs in this state; may be repeated.  [default: all but dead_letter]",
)
@options.queue
@options.kind
@click.option("--older-than", type=options.Age(), metavar="AGE", help="In their state for longer, as in 15m or 2h.")
@click.option("--stuck", is_flag=True, help="Only running jobs whose worker is lost.")
@click.option("--limit", type=click.IntRange(1, _MOST), default=50, show_default=True, help="Of each state at most.")
@click.option("--after", metavar="ID", help="Go on after this job; for one source and one --state.")
@options.output
def list_(
    *,
    path: Path | None,
    names: tuple[str, ...],
    states: tuple[State, ...],
    queue: str | None,
    kind: str | None,
    older_than: float | None,
    stuck: bool,
    limit: int,
    after: str | None,
    output: str,
) -> None:
    """List jobs, a page of each state; the command for the next page comes on stderr. For dead ones, `jobqueue dlq
    list` says more.

    Exits with 0, also when there are none, with 1 when a source cannot be asked, with 2 on wrong usage.
    """
    from jobqueue_exporter.cli.documents import write
    from jobqueue_exporter.cli.operators import operators
    from jobqueue_exporter.cli.pages import LIVE, pages
    from jobqueue_exporter.config.load import load
    from jobqueue_exporter.engines.operations import Wanted

    config = load(path, os.environ)
    usual = (State.RUNNING,) if stuck else LIVE
    asked = _asked(states or usual, stuck=stuck, after=after, one_source=len(names or config.sources) == 1)
    first = Wanted(state=asked[0], queue=queue, kind=kind, older_than=older_than, stuck=stuck or None, after=after)
    wanted = [replace(first, state=state) for state in asked]
    with operators(config, names, path) as opened:
        found = pages(opened, wanted, limit)
    narrowed = [*_narrowed(first, limit)]
    if output == "json":
        write.document(_document(found, narrowed, opened.failed))
    else:
        _tell(found, narrowed, titled=len(asked) > 1)
        _admit(found, opened.failed)
    if opened.failed:
        click.get_current_context().exit(1)


def _admit(found: Sequence[Page], failed: Sequence[str]) -> None:
    """Says so where there is nothing; of what could not be read, nobody knows."""
    if not found and not failed:
        click.echo("no such jobs", err=True)


def _asked(states: Sequence[State], *, stuck: bool, after: str | None, one_source: bool) -> tuple[State, ...]:
    """The states to list. Raises UsageError when the options do not go together."""
    asked = tuple(dict.fromkeys(states))
    if stuck and asked != (State.RUNNING,):
        raise click.UsageError("--stuck is about running jobs: leave --state out, or say --state running")
    if after is not None and (len(asked) != 1 or not one_source):
        raise click.UsageError("--after goes on with one list: name one --state, and one --source where there are more")
    return asked


def _narrowed(wanted: Wanted, limit: int) -> Iterator[str]:
    """The options that the next page needs too."""
    for option, value in (("--queue", wanted.queue), ("--kind", wanted.kind)):
        if value is not None:
            yield from (option, value)
    if wanted.older_than is not None:
        yield from ("--older-than", f"{wanted.older_than:g}s")
    if wanted.stuck:
        yield "--stuck"
    yield from ("--limit", str(limit))


def _document(found: Sequence[Page], narrowed: Sequence[str], failed: Sequence[str]) -> JobList:
    from jobqueue_exporter.cli import job_view
    from jobqueue_exporter.cli.documents import job_list, jobs

    return job_list.JobList(
        jobs=tuple(
            jobs.job(page.opened.name, job, job_view.error(job.error, full=False))
            for page in found
            for job in page.jobs
        ),
        more=tuple(
            job_list.More(
                source=page.opened.name,
                state=page.state,
                after=page.jobs[-1].id,
                command=page.command(narrowed),
            )
            for page in found
            if page.more
        ),
        failed=tuple(failed),
    )


def _tell(found: Sequence[Page], narrowed: Sequence[str], *, titled: bool) -> None:
    from jobqueue_exporter.cli.console import heading
    from jobqueue_exporter.cli.job_table import Listed, tell
    from jobqueue_exporter.cli.next_command import shown

    for index, state in enumerate(dict.fromkeys(page.state for page in found)):
        of_state = [page for page in found if page.state is state]
        rows = [Listed(page.opened.named or "", job, page.now) for page in of_state for job in page.jobs]
        if titled:
            heading(f"{chr(10) if index else ''}{state}")
        tell(rows, state)
        for page in of_state:
            if page.more:
                click.echo(f"more: {shown(page.command(narrowed))}", err=True)
