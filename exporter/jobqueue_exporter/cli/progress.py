"""How far a change of many jobs is: a bar at a terminal, else a line now and then."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from jobqueue_exporter.cli.console import console

if TYPE_CHECKING:
    from rich.progress import Progress

# Fewer are done before a bar could be read.
_WORTH_IT = 20
_LINES = 10


class Bar:
    """Shows on stderr how many of `total` jobs were tried."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._tried = 0
        self._bar = _bar() if sys.stderr.isatty() and total >= _WORTH_IT else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            self._bar.add_task(self._what, total=self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def add(self, count: int) -> None:
        """So many more were tried."""
        before, self._tried = self._tried, self._tried + count
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0], count)
        elif self._total >= _WORTH_IT and before * _LINES // self._total < self._tried * _LINES // self._total:
            click.echo(f"{self._what}: {self._tried:,} of {self._total:,}", err=True)


def _bar() -> Progress:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    count = TextColumn("{task.completed:,.0f}/{task.total:,.0f}")
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn())
    # What is piped elsewhere must not be drawn above the bar.
    return Progress(*columns, console=console(stderr=True), redirect_stdout=sys.stdout.isatty())
