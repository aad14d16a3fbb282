"""The queues and kinds of a source, worst first, and as many as fit a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jobqueue_exporter.model import Lane, LaneJobs, Policy, Snapshot, State
from jobqueue_exporter.web.page import words

SHOWN = 15
WITH_FOLDED = 50
A_PAGE = 100
COLUMNS = (State.PENDING, State.DEAD_LETTER, State.RUNNING, State.SCHEDULED, State.RETRYING, State.BLOCKED)
_HALF = 0.5
"""Below half of their objective, waits do not count for the order: it would change with every reading."""


@dataclass(frozen=True, slots=True)
class Wait:
    """How long the oldest pending job has waited. `share` is of its objective, 1 where it is reached."""

    waited: str
    objective: str
    share: float

    @property
    def late(self) -> bool:
        """Whether it has waited longer than it may."""
        return self.share > 1

    @property
    def none(self) -> bool:
        """Whether no job waits."""
        return self.share <= 0

    @property
    def fill(self) -> float:
        """The length of the bar, in percent; all of it where it is late."""
        return round(100 * min(self.share, 1), 1)

    @property
    def mark(self) -> float:
        """Where on the bar the objective is, in percent."""
        return round(100 / max(self.share, 1), 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One queue and kind. `numbers` go by the columns of the table; None: cannot tell."""

    queue: str
    kind: str
    owner: str
    paused: bool
    wait: Wait | None
    numbers: tuple[int | None, ...]
    stuck: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one page: `page` of `pages`, or 0 for the worst; `rest` is what it leaves out."""

    columns: tuple[State, ...]
    ages: bool
    shown: tuple[Row, ...]
    folded: tuple[Row, ...]
    total: int
    first: int
    page: int
    pages: int

    @property
    def last(self) -> int:
        """The place of the last row in the order of all."""
        return self.first + len(self.shown) + len(self.folded) - 1


def table(snapshot: Snapshot, *, page: int, shown: int = SHOWN, most: int = WITH_FOLDED) -> Table:
    """What the page shows of a source: `shown` rows and more folded, `most` in all, or a page of all its rows."""
    lanes = snapshot.facts.lanes or {}
    page = min(page, pages(snapshot))
    ordered = sorted(lanes, key=lambda lane: _order(snapshot, lane))
    start = (page - 1) * A_PAGE if page else 0
    rows = [_row(snapshot, lane) for lane in ordered[start : start + A_PAGE if page else most]]
    cut = len(rows) if page else shown
    return Table(
        columns=_told(list(lanes.values())),
        ages=any(jobs.oldest_pending_seconds is not None for jobs in lanes.values()),
        shown=tuple(rows[:cut]),
        folded=tuple(rows[cut:]),
        total=len(lanes),
        first=start + 1,
        page=page,
        pages=pages(snapshot),
    )


def pages(snapshot: Snapshot) -> int:
    """How many pages all rows of a source take."""
    return -(-len(snapshot.facts.lanes or {}) // A_PAGE)


def wait(snapshot: Snapshot, lane: Lane) -> Wait | None:
    """How long the oldest pending job of a lane has waited; None: cannot tell."""
    seconds = (snapshot.facts.lanes or {})[lane].oldest_pending_seconds
    if seconds is None:
        return None
    objective = snapshot.policies.get(lane, Policy()).wait_objective_seconds
    return Wait(words.age(seconds), words.age(objective), seconds / max(objective, 0.001))


def paused(snapshot: Snapshot, lane: Lane) -> bool:
    """Whether the queue of a lane is known to be paused."""
    return bool((snapshot.facts.paused or {}).get(lane.queue))


def _order(snapshot: Snapshot, lane: Lane) -> tuple[float, int, int, Lane]:
    counts, waited = (snapshot.facts.lanes or {})[lane].counts, wait(snapshot, lane)
    share = waited.share if waited and waited.share > _HALF and not paused(snapshot, lane) else 0.0
    return -share, -counts.get(State.DEAD_LETTER, 0), -counts.get(State.PENDING, 0), lane


def _told(lanes: Sequence[LaneJobs]) -> tuple[State, ...]:
    return tuple(state for state in COLUMNS if any(state in jobs.counts for jobs in lanes))


def _row(snapshot: Snapshot, lane: Lane) -> Row:
    jobs = (snapshot.facts.lanes or {})[lane]
    return Row(
        queue=words.name(lane.queue),
        kind=words.name(lane.kind),
        owner=words.name(snapshot.policies.get(lane, Policy()).owner),
        paused=paused(snapshot, lane),
        wait=wait(snapshot, lane),
        numbers=tuple(jobs.counts.get(state) for state in _told(list((snapshot.facts.lanes or {}).values()))),
        stuck=jobs.stuck or 0,
    )
