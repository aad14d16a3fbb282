"""Statuses, checks and other labelled text as lines for a terminal, folded under their beginning."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from jobqueue_exporter.cli.console import COLOURS

if TYPE_CHECKING:
    from rich.text import Text

    from jobqueue_exporter.cli.documents.stats import Check

KEPT = "\N{NO-BREAK SPACE}"
_NARROWEST = 20


def title(name: str, status: str, more: str = "") -> Text:
    """As `shop: failed`, with more behind it."""
    from rich.text import Text

    return Text.assemble((name, "bold"), ": ", (status, f"bold {COLOURS[status]}"), more)


def check_lines(checks: Sequence[Check], width: int) -> list[Text]:
    """A line for each check: its name, status and message."""
    found: list[Text] = []
    for one in checks:
        lines = hanging([(f"  {one.name:<10}", ""), (f"{one.status:<9}", COLOURS[one.status])], one.message, width)
        found += lines
    return found


def hanging(labels: Iterable[tuple[str, str]], text: str, width: int) -> list[Text]:
    """The labels (text and style), then the text, whose further lines begin under its first. It is not folded at
    KEPT, which becomes a blank."""
    from rich.text import Text

    first = Text.assemble(*labels)
    indent = first.cell_len
    wrapped = textwrap.wrap(text, max(_NARROWEST, width - indent), break_on_hyphens=False) or [""]
    rest = [Text(f"{'':<{indent}}{line.replace(KEPT, ' ')}") for line in wrapped[1:]]
    return [first.append(wrapped[0].replace(KEPT, " ")), *rest]


def folded(text: str, width: int) -> str:
    """The text in lines that fit."""
    return "\n".join(textwrap.wrap(text, max(_NARROWEST, width), break_on_hyphens=False))
