"""What was measured beside what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Claim:
    """One promise. `met` is None where nothing was promised, or not of a run like this one."""

    what: str
    measured: str
    target: str = ""
    met: bool | None = None
    beside: str = ""


def cheaper(what: str, ours: float, theirs: float, target: float | None, *, beside: str = "") -> Claim:
    """A claim that we take at most one `target`-th of the milliseconds that others take."""
    ratio = theirs / ours
    return Claim(
        what,
        f"x{ratio:,.1f}  ({ours:,.1f} : {theirs:,.0f} ms)",
        f">= x{target:g}" if target else "",
        ratio >= target if target else None,
        beside,
    )


def at_most(what: str, value: float, limit: float | None, unit: str, *, beside: str = "") -> Claim:
    """A claim that a value stays within a limit."""
    target = f"<= {limit:g}{unit}" if limit else ""
    return Claim(what, f"{value:,.2f}{unit}", target, value <= limit if limit else None, beside)


def show(console: Console, claims: Sequence[Claim]) -> None:
    """Prints the claims as a table."""
    table = Table(title="Database time of one reading, memory, start", title_justify="left")
    for column in ("claim", "measured", "target", "", "beside that"):
        table.add_column(column, overflow="fold")
    for one in claims:
        verdict = {True: "[green]met[/]", False: "[bold red]MISSED[/]", None: ""}[one.met]
        table.add_row(one.what, one.measured, one.target, verdict, one.beside)
    console.print(table)
