"""What a dashboard is, as `grafana/<dashboard>.yaml` says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from jobqueue_exporter.config.basics import Strict

VARIABLES = ("source", "queue", "kind")
"""The labels that a dashboard can be narrowed by, in the order in which they are chosen."""

SITUATIONS = ("steady", "no-workers", "stuck", "poison", "backlog", "ffmpeg-missing", "services", "all")
"""In which every query of a panel is run: a demo where all is well, one that is broken in one way, or services that
speak HTTP beside a paused queue; or all of these side by side."""

Kind = Literal["stat", "timeseries", "table", "state-timeline", "bar-gauge", "heatmap", "alert-list"]
Variable = Literal["source", "queue", "kind"]
Situation = Literal["steady", "no-workers", "stuck", "poison", "backlog", "ffmpeg-missing", "services", "all"]
ColourName = Literal["ok", "warning", "critical", "info", "muted"]
Drawn = Literal["line", "area", "threshold", "below"]
Text = Annotated[str, Meta(min_length=1)]
Columns = Annotated[int, Meta(ge=1, le=24)]
Height = Annotated[int, Meta(ge=2, le=40)]


class Thresholds(Strict, frozen=True, kw_only=True, omit_defaults=True):
    """From which value on which colour counts; a text names an alert's threshold, as in JobQueueBacklogHigh.threshold.
    Below the first number it is `base`."""

    base: ColourName = "ok"
    """The colour below all numbers."""
    ok: float | str | None = None
    """From here on it is well."""
    warning: float | str | None = None
    """From here on somebody should look."""
    critical: float | str | None = None
    """From here on it is bad."""


class Word(Strict, frozen=True, kw_only=True):
    """What stands for a value."""

    text: str
    """The word."""
    colour: ColourName | None = None
    """Its colour."""


class Query(Strict, frozen=True, kw_only=True):
    """One expression and how its series are shown; see `dashboards/words.py` for the words in it."""

    expr: Text
    """Its expression: Jinja with `[= =]`."""
    legend: str = ""
    """The name of each series; {{label}} stands for a label's value."""
    as_: Drawn = msgspec.field(name="as", default="line")
    """How it is drawn in a timeseries; threshold: as a dashed line, for what others are held against."""
    column: str | None = None
    """In a table, the title of its value; left out: only its labels are shown."""
    with_: tuple[str, ...] = msgspec.field(name="with", default=())
    """In a table, the labels that it has beside those of the table."""
    unit: str | None = None
    """In a table, the unit of its column."""
    decimals: int | None = None
    """In a table, the decimals of its column."""
    thresholds: Thresholds | None = None
    """In a table, the colours of its column."""
    mappings: dict[str, Word] = msgspec.field(default_factory=dict)
    """In a table, words for values of its column."""


class Panel(Strict, frozen=True, kw_only=True):
    """One picture, and the question that it answers."""

    title: Text
    """Its title."""
    question: Text
    """What it answers, as one question or sentence: its description."""
    kind: Kind
    """How it is shown."""
    queries: tuple[Query, ...] = ()
    """What is shown; none in an alert-list."""
    unit: str | None = None
    """The unit of its values, as Grafana calls it."""
    width: Columns | None = None
    """How many of the 24 columns it takes; left out: as is usual for its kind."""
    height: Height | None = None
    """How many lines it takes."""
    thresholds: Thresholds | None = None
    """From which value on which colour."""
    mappings: dict[str, Word] = msgspec.field(default_factory=dict)
    """Words for values."""
    by: tuple[str, ...] = ()
    """In a table, the labels that make a row, each a column."""
    sort: str | None = None
    """In a table, the column that it is sorted by; `-` before it: descending."""
    min: float | None = None
    """The least value of its axis."""
    max: float | None = None
    """The greatest."""
    decimals: int | None = None
    """How many decimals are shown."""
    stacked: bool = False
    """In a timeseries, whether series stand on each other."""
    runbook: str | None = None
    """The alert that looks at the same, to whose place in the runbook it links; left out: to its row's topic."""
    next: str | None = None
    """The dashboard to look at next."""
    shows_in: tuple[Situation, ...] = ("steady",)
    """In which situations every one of its queries gives something."""
    empty_because: str | None = None
    """Why there may be nothing to show, as a sentence; it says so then, a table in its description."""


class Row(Strict, frozen=True, kw_only=True):
    """Panels about one thing."""

    title: Text
    """What they are about."""
    topic: str
    """The topic of alerts, whose runbook its panels link to."""
    panels: tuple[Panel, ...]
    """Its panels, left to right, then down."""


class Dashboard(Strict, frozen=True, kw_only=True):
    """A dashboard."""

    title: Text
    """What it is about."""
    question: Text
    """What it answers."""
    rows: tuple[Row, ...]
    """Its rows."""
    variables: tuple[Variable, ...] = ()
    """The labels by which it can be narrowed."""
    next: tuple[str, ...] = ()
    """The dashboards to look at next."""


@dataclass(frozen=True, slots=True)
class Source:
    """A dashboard, its name, and for each of its parts the place where it stands."""

    name: str
    dashboard: Dashboard
    file: str
    lines: dict[tuple[str | int, ...], int]

    def place(self, *where: str | int) -> str:
        """File and line of a part, or of the nearest one around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return f"{self.file}:{self.lines.get(where, 1)}"

    def panels(self) -> Iterator[tuple[int, int, Row, Panel]]:
        """Its panels, each with the index of its row, its own there, and its row."""
        for at, row in enumerate(self.dashboard.rows):
            for index, panel in enumerate(row.panels):
                yield at, index, row, panel
