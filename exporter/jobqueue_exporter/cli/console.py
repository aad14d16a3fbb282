"""What commands write to a terminal: tables, words and times. Piped, the same without colour and frames."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from jobqueue_exporter.masking import line

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {"ok": "green", "warning": "yellow", "failed": "red", "unknown": "bright_black"}
# Nobody's terminal is that wide: lines of what is piped are never folded.
PIPED_WIDTH = 10_000
_CELL = 200


def console(*, stderr: bool = False) -> Console:
    """A rich console on stdout, or on stderr."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    flexible: Sequence[str] = (),
    stderr: bool = False,
) -> None:
    """Rows under headings, the columns in `right` aligned to the right; each cell one printable line.

    Where a terminal is too narrow, the columns in `flexible` are shortened first.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    out = console(stderr=stderr)
    made = Table(box=box.SIMPLE_HEAD if out.is_terminal else None, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", no_wrap=name not in flexible)
    for row in rows:
        made.add_row(*(Text(line(cell, _CELL), overflow="ellipsis", no_wrap=True) for cell in row))
    out.print(made)


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Names and values, one pair a line; a value of several lines is indented under its name."""
    told = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in told), default=0)
    for name, value in told:
        first, *rest = value.splitlines()
        click.echo(f"  {click.style(f'{name:<{width}}', bold=True)}  {first}")
        for more in rest:
            click.echo(f"  {'':<{width}}  {more}")


def heading(text: str) -> None:
    """A line above what it is about."""
    click.secho(text, bold=True)


def status(word: str) -> str:
    """The status of a check in its colour."""
    return click.style(word, fg=COLOURS[word])
