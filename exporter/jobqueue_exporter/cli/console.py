"""What commands write to a terminal: tables, words and times. Piped, the same without colour and frames."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import click

from jobqueue_exporter.masking import line

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {"ok": "green", "warning": "yellow", "failed": "red", "unknown": "bright_black"}
# Nobody's terminal is that wide: lines of what is piped are never folded.
PIPED_WIDTH = 10_000
_CELL = 200
# In fewer columns no sentence can be read.
READABLE = 40
_NARROWEST = 20
_BENEATH = 4


def colourless() -> bool:
    """Whether the environment wants neither colour nor bold: NO_COLOR is set and not empty, or TERM is dumb."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def console(*, stderr: bool = False) -> Console:
    """A rich console on stdout, or on stderr."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    colours: Literal["auto"] | None = None if colourless() else "auto"
    return Console(file=stream, width=width, color_system=colours, highlight=False, markup=False, emoji=False)


def wrapped(text: str, indent: str = "", *, beside: int = 0, stderr: bool = False) -> str:
    """The text in lines that fit the terminal, broken at blanks; all but the first begin with `indent`.

    `beside`: how much of the width is taken by what the caller writes before each line. A word that is longer than a
    line runs over, so that it can be copied. Piped, the text stays as it is.
    """
    width = console(stderr=stderr).width
    if width == PIPED_WIDTH:
        return text
    room = max(_NARROWEST + len(indent), width - beside)
    found = textwrap.wrap(text, room, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(found)


def commanded(text: str, joint: str, command: str, indent: str) -> str:
    """The text, wrapped, and beneath it a command that can be copied whole; piped, both in one line with the joint
    between. Without a command the text alone."""
    if not command:
        return wrapped(text, indent)
    if console().width == PIPED_WIDTH:
        return f"{text}{joint}{command}"
    return f"{wrapped(text, indent)}\n{indent}{joint.lstrip('.; ')}{command}"


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[str] = (),
    flexible: Sequence[str] = (),
    untitled: Sequence[str] = (),
    stderr: bool = False,
) -> None:
    """Rows under headings, the columns in `right` aligned to the right; each cell one printable line.

    Where a terminal is too narrow, the columns in `flexible` are shortened, as long as they can be read, then the
    last columns go beneath their rows, after their names but for those in `untitled`. Nothing else is shortened.
    """
    from jobqueue_exporter.cli.grid import Grid

    out = console(stderr=stderr)
    cells = [[line(cell, _CELL) for cell in row] for row in rows]
    grid = Grid(tuple(columns), cells, frozenset(right), frozenset(flexible), frozenset(untitled))
    for text in grid.drawn(out.width, framed=out.width < PIPED_WIDTH):
        out.print(text, soft_wrap=True)


def facts(pairs: Iterable[tuple[str, str]], *, prose: bool = False) -> None:
    """Names and values, one pair a line; a value of several lines is indented under its name.

    `prose`: values are wrapped to the terminal. Commands are no prose: what is pasted must stay one line.
    """
    told = [(name, value) for name, value in pairs if value]
    column = max((len(name) for name, _ in told), default=0)
    room = console().width - column - _BENEATH
    for name, value in told:
        texts, indent = value.splitlines(), column + _BENEATH
        if prose and room < READABLE and max(map(len, texts)) > room:
            # So little room beside the names that it goes beneath them.
            texts, indent = ["", *texts], _BENEATH
        if prose:
            texts = [each for text in texts for each in wrapped(text, beside=indent).split("\n")]
        click.echo(f"  {click.style(f'{name:<{column}}', bold=True)}  {texts[0]}".rstrip())
        for more in texts[1:]:
            click.echo(f"{'':<{indent}}{more}")


def heading(text: str) -> None:
    """A line above what it is about."""
    click.secho(text, bold=True)


def status(word: str) -> str:
    """The status of a check in its colour."""
    return click.style(word, fg=COLOURS[word])
