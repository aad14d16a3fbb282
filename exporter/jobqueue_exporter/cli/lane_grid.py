"""A table of lanes: a row for each queue and kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobqueue_exporter.durations import human
from jobqueue_exporter.masking import line

if TYPE_CHECKING:
    from rich.table import Table

    from jobqueue_exporter.cli.documents import stats

# What comes later, or never by itself: left out where no lane has such jobs, and one column where there is no room.
_LATER = ("scheduled", "retrying", "blocked")
_NARROW = 100
# In less than this there is room for names and what matters most.
_TINY, _MATTERS_MOST = 64, ("pending", "oldest", "dead")
_NAME = 200
_LEAST = 8


def lane_grid(one: stats.Source, width: int, *, framed: bool) -> Table:
    """The lanes of a source. `framed`: with a line under the headings, as on a terminal. What is late is red."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    queues = [f"{line(lane.queue, _NAME)}{' (paused)' if lane.paused else ''}" for lane in one.lanes]
    kinds = [line(lane.kind, _NAME) for lane in one.lanes]
    found = _columns(one, narrow=width < _NARROW)
    found = {name: cells for name, cells in found.items() if width >= _TINY or name in _MATTERS_MOST}
    made = Table(
        box=box.SIMPLE_HEAD if framed else None,
        show_edge=False,
        padding=(0, 1, 0, 0) if framed else (0, 2, 0, 0),
        pad_edge=False,
        header_style="bold",
    )
    for name, longest in (("queue", max(map(len, queues))), ("kind", max(map(len, kinds)))):
        made.add_column(name, overflow="fold", min_width=min(longest, _LEAST))
    for name in found:
        made.add_column(name, justify="right", no_wrap=True)
    for index, lane in enumerate(one.lanes):
        cells = {name: Text(column[index]) for name, column in found.items()}
        if lane.late:
            cells["oldest"].stylize("bold red")
        made.add_row(Text(queues[index]), Text(kinds[index]), *cells.values())
    return made


def number(count: int | None, least: str = "") -> str:
    """A count after `least`, which says that it stopped at a cap; `?` where it cannot be told."""
    return "?" if count is None else f"{least}{count:,}"


def age(seconds: float | None) -> str:
    """How long; `?` where it cannot be told, a dash for none."""
    if seconds is None:
        return "?"
    return human(seconds) if seconds else "-"


def _columns(one: stats.Source, *, narrow: bool) -> dict[str, list[str]]:
    """The cells of each column by its heading."""

    def counts(*states: str) -> list[str]:
        least = "≥ " if set(states) & {*one.at_least} else ""
        return [number(_sum([getattr(lane.jobs, state) for state in states]), least) for lane in one.lanes]

    def some(*states: str) -> bool:
        return any(getattr(lane.jobs, state) for lane in one.lanes for state in states)

    later = [state for state in _LATER if some(state)]
    return {
        "pending": counts("pending"),
        "oldest": [age(lane.jobs.oldest_pending_seconds) for lane in one.lanes],
        "limit": [human(lane.objective_seconds) for lane in one.lanes],
        "running": counts("running"),
        **({"stuck": counts("stuck")} if some("stuck") else {}),
        **({"later": counts(*later)} if narrow and later else {state: counts(state) for state in later}),
        "dead": counts("dead_letter"),
    }


def _sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
