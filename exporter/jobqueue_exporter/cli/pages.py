"""A page of jobs from each source, state by state."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import click

from jobqueue_exporter.cli.operators import Opened, Operators
from jobqueue_exporter.engines.operations import Job, Wanted
from jobqueue_exporter.errors import Refused, SourceError
from jobqueue_exporter.masking import line
from jobqueue_exporter.model import State

_MOST = 500
LIVE = (State.RUNNING, State.PENDING, State.RETRYING, State.BLOCKED, State.SCHEDULED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Jobs of one state of one source, `now` on its clock; `more`: there are further ones after the last."""

    opened: Opened
    state: State
    jobs: tuple[Job, ...]
    now: float
    more: bool

    def command(self, narrowed: Sequence[str]) -> str:
        """What prints the next page, with the options that narrowed this one."""
        words = [*narrowed, "--after", self.jobs[-1].id]
        return self.opened.commands.pasted(f"jobs list --state {self.state} {shlex.join(words)}")


def pages(opened: Operators, wanted: Sequence[Wanted], limit: int) -> list[Page]:
    """A page for each state and source that has such jobs; a source that fails is told on stderr and left out, and
    so is a state of which alone a source cannot tell what was asked."""
    found: list[Page] = []
    for one in opened:
        try:
            found += [page for page in _of(one, wanted, limit) if page.jobs]
        except SourceError as error:
            opened.lost(one.name, error)
    return sorted(found, key=lambda page: [each.state for each in wanted].index(page.state))


def _of(one: Opened, wanted: Sequence[Wanted], limit: int) -> list[Page]:
    found: list[Page] = []
    refused: list[Refused] = []
    for each in wanted:
        try:
            found.append(_page(one, each, limit))
        except Refused as error:
            refused.append(error)
    if not found:
        raise refused[0]
    for why in refused:
        click.echo(f"note: {one.name}: {line(str(why), _MOST)}", err=True)
    return found


def _page(one: Opened, wanted: Wanted, limit: int) -> Page:
    # One more than is shown says whether there is a next page.
    jobs = tuple(islice(one.operator.list(replace(wanted, limit=limit + 1)), limit + 1))
    return Page(opened=one, state=wanted.state, jobs=jobs[:limit], now=one.operator.clock, more=len(jobs) > limit)
