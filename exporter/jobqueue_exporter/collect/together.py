"""Joins what several collectors found, and brings what is older up to now."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TypeVar

from jobqueue_exporter.model import Facts


def together(parts: Iterable[Facts]) -> Facts:
    """All facts in one; where two know the same the later wins, but binaries and notices add up."""
    total = Facts()
    for facts in parts:
        total = replace(
            total.merged(facts),
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


T = TypeVar("T")


def _united(
    one: tuple[T, ...] | None, other: tuple[T, ...] | None, key: Callable[[T], Hashable]
) -> tuple[T, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple({key(each): each for each in (*one, *other)}.values())
