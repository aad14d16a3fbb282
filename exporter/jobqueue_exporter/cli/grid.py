"""Rows under headings, as wide as a terminal: what has no room in a row stands beneath it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from jobqueue_exporter.cli.console import READABLE

_GAP = "  "
_INDENT = "    "
_LINES_BENEATH = 2
_SAYS_NOTHING = ("", "-")


@dataclass(frozen=True, slots=True)
class Grid:
    """Printable cells and what may become of their columns, each named by its heading.

    `right`: aligned to the right. `flexible`: shortened where there is no room. `untitled`: beneath a row they stand
    without their heading.
    """

    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    right: frozenset[str]
    flexible: frozenset[str]
    untitled: frozenset[str]

    def drawn(self, width: int, *, framed: bool) -> Iterator[Text]:
        """The lines. `framed`: with a line under the headings and empty lines around, as on a terminal."""
        widths = self._fitting(width)
        frame = [Text()] if framed else []
        yield from frame
        yield Text(self._line(self.columns, widths), "bold")
        if framed:
            yield Text("─" * min(width, sum(widths) + len(_GAP) * (len(widths) - 1)))
        for row in self.rows:
            yield Text(self._line(row, widths))
            yield from self._beneath(row, len(widths), width)
        yield from frame

    def _fitting(self, width: int) -> list[int]:
        """The widths of the columns that have room in a row: the first always, whatever its width."""
        natural = [max(map(cell_len, cells)) for cells in zip(self.columns, *self.rows, strict=True)]
        widths = list(natural)
        for index in reversed(range(len(widths))):
            over = _taken(widths) - width
            if over > 0 and self.columns[index] in self.flexible:
                widths[index] = min(widths[index], max(READABLE, widths[index] - over))
        if _taken(widths) <= width:
            return widths
        while len(natural) > 1 and _taken(natural) > width:
            natural.pop()
        return natural

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        sized = (
            _sized(cell, width, right=name in self.right)
            for name, cell, width in zip(self.columns, cells, widths, strict=False)
        )
        return _GAP.join(sized).rstrip()

    def _beneath(self, row: Sequence[str], shown: int, width: int) -> Iterator[Text]:
        """What of a row comes after the cells that are shown in it."""
        told = _GAP.join(
            cell if name in self.untitled else f"{name} {cell}"
            for name, cell in [*zip(self.columns, row, strict=True)][shown:]
            if cell not in _SAYS_NOTHING
        )
        room = max(READABLE, width) - len(_INDENT)
        for text in textwrap.wrap(told, room, max_lines=_LINES_BENEATH, placeholder="…", break_on_hyphens=False):
            yield Text(f"{_INDENT}{text}")


def _taken(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _sized(cell: str, width: int, *, right: bool) -> str:
    text = Text(cell, overflow="ellipsis")
    text.align("right" if right else "left", width)
    return text.plain
