"""How alerts are at the moment of a reading, for the lane of a link or for all of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from jobqueue_exporter import durations
from jobqueue_exporter.bundle.moment import Found, Problem
from jobqueue_exporter.bundle.present import Value
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.page import words
from jobqueue_exporter.web.runbook.about import About

if TYPE_CHECKING:
    from jobqueue_exporter.web.shelf import Shelf

log = logging.getLogger(__name__)

MOST_PLACES = 20
NO_SOURCE = "This exporter reads no source of that name."
UNTOLD = "The source cannot be read: the exporter's log says why."
NOTHING = "The source tells nothing of what this alert looks at, for these labels."
UNJUDGED = "Alerts cannot be judged here: the exporter's log says why."


@dataclass(frozen=True, slots=True)
class Place:
    """Where the alert's condition holds: `lane` in names, `about` in words, and where the two pages tell of it."""

    id: str
    lane: tuple[str, ...]
    about: str
    fires: str
    runbook: str


@dataclass(frozen=True, slots=True)
class Now:
    """How an alert is: `tone` is critical, warning, info, ok or unknown. `lane` is what the link says of those labels
    that the alert has."""

    tone: str
    text: str
    note: str
    lane: tuple[tuple[str, str], ...]
    places: tuple[Place, ...]
    more: int
    values: tuple[Value, ...]

    @property
    def holds(self) -> bool:
        """Whether its condition holds anywhere."""
        return bool(self.places)


@dataclass(frozen=True, slots=True)
class Down:
    """A source that cannot be read, and when it last was, in Unix seconds."""

    name: str
    last: float | None


class Present:
    """What these readings say of each alert. `lane` is what the link says of source, queue and kind; a source that it
    names has at most one reading, and one without readings is not here."""

    def __init__(self, shelf: Shelf, lane: Mapping[str, str], snapshots: Sequence[Snapshot]) -> None:
        self._shelf = shelf
        self._lane = lane
        self._snapshots = snapshots
        self._found = _judged(shelf, snapshots)
        self._up = [each for each in snapshots if each.up]

    @property
    def read_at(self) -> float | None:
        """When the oldest of the readings was made, in Unix seconds; None without any."""
        return min((each.read_at for each in self._up), default=None)

    @property
    def down(self) -> tuple[Down, ...]:
        """The sources that cannot be read."""
        return tuple(Down(words.name(each.source), _last(each)) for each in self._snapshots if not each.up)

    def now(self, section: str, about: About) -> Now:
        """How the alert of this section is."""
        problems = [each for each in (self._found.problems if self._found else ()) if self._is(each, section, about)]
        tone, text, note = self._verdict(section, about, problems)
        values = self._values(section)
        if self._lane.get("source") and self._up and not values:
            note = note or NOTHING
            if tone == "ok":
                tone, text = "unknown", "Cannot tell"
        return Now(
            tone=tone,
            text=text,
            note=note,
            lane=tuple((label, words.name(self._lane[label])) for label in about.lane if self._lane.get(label)),
            places=tuple(_place(each) for each in problems[:MOST_PLACES]),
            more=max(len(problems) - MOST_PLACES, 0),
            values=values,
        )

    def _is(self, problem: Problem, section: str, about: About) -> bool:
        wanted = [label for label in about.lane if label in self._lane]
        return problem.alert == section and all(problem.labels.get(name, "") == self._lane[name] for name in wanted)

    def _verdict(self, section: str, about: About, problems: Sequence[Problem]) -> tuple[str, str, str]:
        """Its tone, the words, and a note to them."""
        if problems:
            where = "" if len(problems) == 1 else f" in {len(problems):,} places"
            return str(problems[0].severity), f"Holds now{where}", ""
        if not about.enabled:
            return "unknown", "Switched off here", "jobqueue.yml has it off, or nobody has switched it on."
        if not self._snapshots:
            return "unknown", "Cannot tell", NO_SOURCE if self._lane.get("source") else ""
        if not self._up:
            return "unknown", "Cannot tell", UNTOLD if len(self._snapshots) == 1 else "No source can be read."
        if self._found is None:
            return "unknown", "Cannot tell", UNJUDGED
        if section in self._found.untold:
            return "unknown", "Only Prometheus can tell", "It asks what was before, and this page knows one reading."
        if len(self._up) < len(self._snapshots):
            return "unknown", "Does not hold now in what can be read", ""
        return "ok", "Does not hold now", ""

    def _values(self, section: str) -> tuple[Value, ...]:
        if not self._lane.get("source") or not self._up:
            return ()
        found = self._shelf.values(self._shelf.selected(section), self._up[0], self._lane)
        return tuple(sorted(found, key=_particular))


def _particular(value: Value) -> int:
    """What is of the lane itself before what is of its parts; last of all, what the source can tell."""
    if value.series.startswith("jobqueue_signal_available"):
        return 2
    return int("{queue=" in value.series or "kind=" in value.series)


def _place(problem: Problem) -> Place:
    labels = problem.labels
    first = [labels[name] for name in ("source", "queue", "kind") if labels.get(name)]
    rest = [
        f"{name} {value}"
        for name, value in labels.items()
        if value and name not in ("source", "queue", "kind", "owner", "instance", "job")
    ]
    return Place(
        id=problem.id,
        lane=tuple(words.name(each) for each in (*first, *rest)),
        about=words.lines(problem.description[:600]),
        fires=_fires(problem),
        runbook=problem.runbook,
    )


def _fires(problem: Problem) -> str:
    if problem.explains:
        return f"muted while {' and '.join(problem.explains)} fires"
    return f"fires once it has held for {durations.human(problem.wait)}" if problem.wait else "fires at once"


def _last(snapshot: Snapshot) -> float | None:
    return max((each.last_success for each in snapshot.collectors if each.last_success is not None), default=None)


def _judged(shelf: Shelf, snapshots: Sequence[Snapshot]) -> Found | None:
    """What the alerts say; None, and a word in the log, where they cannot be judged: the text is shown still."""
    if not snapshots:
        return None
    try:
        return shelf.problems(snapshots)
    except Exception as error:
        _complain(f"{type(error).__name__}: {error}")
        return None


@lru_cache(maxsize=64)
def _complain(text: str) -> None:
    """Once for each text: pages are asked for again and again."""
    log.error("a runbook is shown without whether its alerts hold: %s", text, exc_info=True)
