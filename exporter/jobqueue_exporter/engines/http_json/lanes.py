"""The jobs of answers, lane by lane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from jobqueue_exporter.config.http_types import HttpJobs
from jobqueue_exporter.engines.http_json import pages
from jobqueue_exporter.engines.http_json.document import Document
from jobqueue_exporter.model import Lane, LaneJobs, State
from jobqueue_exporter.sources.http_answer import Json

_AGED = {
    State.PENDING: "oldest_pending",
    State.RUNNING: "oldest_running",
    State.DEAD_LETTER: "oldest_dead_letter",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What one mapping found. A `listed` one found lanes by itself: those it does not name have nothing.

    `capped`: whether its list was cut short, None where nobody says so; `notices`: what to doubt of it.
    """

    counts: dict[Lane, dict[State, int]]
    ages: dict[Lane, dict[State, float]] = field(default_factory=dict)
    states: frozenset[State] = frozenset()
    aged: frozenset[State] = frozenset()
    listed: bool = False
    capped: bool | None = None
    notices: tuple[str, ...] = ()


def told(mapping: HttpJobs, document: Document, queue: str, limit: int | None = None) -> Told | None:
    """The jobs that a mapping finds in an answer, None when it finds none of what it looks for.

    `limit`: how many items were asked for, None where the API was left to choose. Raises Refused.
    """
    if mapping.items is None:
        return _numbers(mapping, document, [document.root], queue, listed=False)
    items = document.items(mapping.items)
    if items is None:
        return None
    total = document.count(mapping.total, document.root) if mapping.total else None
    chosen = [item for item in items if _counts(mapping, document, item)]
    if mapping.each is None:
        found = _numbers(mapping, document, chosen, queue, listed=True)
    else:
        found = _each(mapping, mapping.each, document, chosen, queue)
    if found and total is not None:
        return replace(found, capped=total > len(items))
    if found and mapping.each is not None and pages.full(len(items), limit):
        return replace(found, capped=True, notices=(pages.doubt(len(items)),))
    return found


def capped(parts: Sequence[Told]) -> dict[State, bool] | None:
    """The states of lists of which is known whether they were cut short."""
    known: dict[State, bool] = {}
    for part in parts:
        for state in part.states if part.capped is not None else ():
            known[state] = known.get(state, False) or bool(part.capped)
    return known or None


def together(parts: Sequence[Told]) -> tuple[dict[Lane, LaneJobs], LaneJobs]:
    """All lanes, and what a known lane looks like that none of the lists names any more."""
    counts: defaultdict[Lane, defaultdict[State, int]] = defaultdict(lambda: defaultdict(int))
    ages: defaultdict[Lane, dict[State, float]] = defaultdict(dict)
    for part in parts:
        for lane, found in part.counts.items():
            for state, count in found.items():
                counts[lane][state] += count
        for lane, known in part.ages.items():
            for state, age in known.items():
                ages[lane][state] = max(age, ages[lane].get(state, 0.0))
    lists = [part for part in parts if part.listed]
    for lane in {lane for part in lists for lane in part.counts}:
        for part in lists:
            if lane not in part.counts:
                counts[lane].update({state: 0 for state in part.states if state not in counts[lane]})
                ages[lane].update({state: 0.0 for state in part.aged if state not in ages[lane]})
    empty = _jobs(
        {state: 0 for part in lists for state in part.states}, {state: 0.0 for part in lists for state in part.aged}
    )
    return {lane: _jobs(dict(found), ages[lane]) for lane, found in counts.items()}, empty


def _numbers(mapping: HttpJobs, document: Document, starts: Iterable[Json], queue: str, *, listed: bool) -> Told | None:
    counts: defaultdict[Lane, dict[State, int]] = defaultdict(dict)
    ages: defaultdict[Lane, dict[State, float]] = defaultdict(dict)
    paths = {state: path for state in State if (path := getattr(mapping, state.value)) is not None}
    aged = _aged_paths(mapping)
    for start in starts:
        lane = Lane(document.name(mapping.queue, start, queue), document.name(mapping.kind, start))
        for state, path in paths.items():
            if (count := document.count(path, start)) is not None:
                counts[lane][state] = counts[lane].get(state, 0) + count
        for state, path in aged.items():
            age = document.age(path, start)
            # The age of nothing is 0, whatever an API says of it.
            age = 0.0 if counts[lane].get(state) == 0 else age
            if age is not None:
                ages[lane][state] = max(age, ages[lane].get(state, 0.0))
    found = {lane: states for lane, states in counts.items() if states or ages[lane]}
    if not found and not listed:
        return None
    return Told(found, dict(ages), frozenset(paths), frozenset(aged), listed)


def _each(mapping: HttpJobs, state: State, document: Document, items: Iterable[Json], queue: str) -> Told:
    counts: defaultdict[Lane, dict[State, int]] = defaultdict(dict)
    ages: defaultdict[Lane, dict[State, float]] = defaultdict(dict)
    path = _aged_paths(mapping).get(state)
    for item in items:
        lane = Lane(document.name(mapping.queue, item, queue), document.name(mapping.kind, item))
        counts[lane][state] = counts[lane].get(state, 0) + 1
        if path is not None and (age := document.age(path, item)) is not None:
            ages[lane][state] = max(age, ages[lane].get(state, 0.0))
    aged = frozenset({state}) if path is not None else frozenset[State]()
    return Told(dict(counts), dict(ages), frozenset({state}), aged, listed=True)


def _counts(mapping: HttpJobs, document: Document, item: Json) -> bool:
    """Whether an item counts: one of another status does not."""
    status = document.text(mapping.status, item) if mapping.status else None
    return status is None or not mapping.statuses or status in mapping.statuses


def _aged_paths(mapping: HttpJobs) -> dict[State, str]:
    return {state: path for state, name in _AGED.items() if (path := getattr(mapping, name)) is not None}


def _jobs(counts: dict[State, int], ages: dict[State, float]) -> LaneJobs:
    return LaneJobs(
        counts=counts,
        oldest_pending_seconds=ages.get(State.PENDING),
        oldest_running_seconds=ages.get(State.RUNNING),
        oldest_dead_letter_seconds=ages.get(State.DEAD_LETTER),
    )
