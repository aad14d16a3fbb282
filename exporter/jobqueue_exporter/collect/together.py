"""Joins what several collectors found, and brings what is older up to now."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from jobqueue_exporter.model import DeadLetters, Facts, Lane


def together(parts: Iterable[Facts]) -> Facts:
    """All facts in one; where two know the same the later wins, but binaries and notices add up.

    What one part knows of the dead letters of a lane is filled up with what another knows of them.
    """
    total = Facts()
    for facts in parts:
        total = replace(
            total.merged(facts),
            dead_letters=_filled_up(total.dead_letters, facts.dead_letters),
            binaries=_united(total.binaries, facts.binaries, key=lambda each: (each.name, each.place)),
            notices=_united(total.notices, facts.notices, key=lambda each: each),
        )
    return total


def advanced(facts: Facts, seconds: float) -> Facts:
    """Facts that were read `seconds` ago: what was old then has grown older since."""
    recovery = facts.recovery
    if recovery is None or not recovery.oldest_pending_seconds:
        return facts
    oldest = recovery.oldest_pending_seconds + seconds
    return replace(facts, recovery=replace(recovery, oldest_pending_seconds=oldest))


def _filled_up(
    one: Mapping[Lane, DeadLetters] | None, other: Mapping[Lane, DeadLetters] | None
) -> Mapping[Lane, DeadLetters] | None:
    if one is None or other is None:
        return other if one is None else one
    both = {
        lane: DeadLetters(
            causes=other[lane].causes or one[lane].causes,
            attempts_average=_known(other[lane].attempts_average, one[lane].attempts_average),
            recent=other[lane].recent or one[lane].recent,
        )
        for lane in one.keys() & other.keys()
    }
    return {**one, **other, **both}


def _known(value: float | None, otherwise: float | None) -> float | None:
    return otherwise if value is None else value


T = TypeVar("T")


def _united(
    one: tuple[T, ...] | None, other: tuple[T, ...] | None, key: Callable[[T], Hashable]
) -> tuple[T, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple({key(each): each for each in (*one, *other)}.values())
