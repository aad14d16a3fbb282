"""Known lanes in which there is nothing now: zero for all that the source can tell, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from jobqueue_exporter.model import Cause, DeadLetters, Lane, LaneJobs, State


def empty_lane(found: Iterable[LaneJobs], counted: Iterable[State]) -> LaneJobs:
    """An empty lane of a source that told of these lanes, and that counts at least these states."""
    lanes = tuple(found)
    states = dict.fromkeys(counted, 0)
    for lane in lanes:
        states.update(dict.fromkeys(lane.counts, 0))
    if not lanes:
        return _dated(states)
    return LaneJobs(
        counts=states,
        oldest_pending_seconds=_zero(lane.oldest_pending_seconds for lane in lanes),
        oldest_running_seconds=_zero(lane.oldest_running_seconds for lane in lanes),
        oldest_dead_letter_seconds=_zero(lane.oldest_dead_letter_seconds for lane in lanes),
        due_not_promoted=_zero(lane.due_not_promoted for lane in lanes),
        stuck=_zero(lane.stuck for lane in lanes),
    )


def no_dead_letters(windows: Iterable[str]) -> DeadLetters:
    """The dead letters of a lane without any, none of them in any of these windows."""
    recent = dict.fromkeys(sorted(windows), 0)
    return DeadLetters(causes=dict.fromkeys(Cause, 0), recent=recent or None)


def still_dead(
    dead: Mapping[Lane, DeadLetters], lanes: Mapping[Lane, LaneJobs], empty: LaneJobs
) -> dict[Lane, DeadLetters]:
    """`dead`, which may be older than `lanes`, without the lanes in which nothing is dead any more."""
    return {lane: letters for lane, letters in dead.items() if lanes.get(lane, empty).counts.get(State.DEAD_LETTER, 1)}


def _dated(states: Mapping[State, int]) -> LaneJobs:
    """A source without any live job has shown no age: that of nothing is 0 in each state that has ages."""
    empty = LaneJobs(counts=states)
    if State.PENDING in states:
        empty = replace(empty, oldest_pending_seconds=0.0)
    if State.RUNNING in states:
        empty = replace(empty, oldest_running_seconds=0.0)
    if State.DEAD_LETTER in states:
        empty = replace(empty, oldest_dead_letter_seconds=0.0)
    return empty


def _zero(values: Iterable[float | None]) -> int | None:
    return 0 if any(value is not None for value in values) else None
