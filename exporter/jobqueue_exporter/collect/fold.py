"""Tells several lanes or queues as one: counts add up, of ages the worst counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from jobqueue_exporter.model import DeadLetters, Lane, LaneJobs, Workers

SHARED = ""
"""The queue of slots that belong to no queue."""

K = TypeVar("K", Lane, str)
V = TypeVar("V")


def folded(found: Mapping[K, V], shown: Callable[[K], K], join: Callable[[Sequence[V]], V]) -> dict[K, V]:
    """What was found, by the key under which each is told; those that share a key are joined."""
    groups: dict[K, list[V]] = {}
    for key, value in found.items():
        groups.setdefault(shown(key), []).append(value)
    return {key: group[0] if len(group) == 1 else join(group) for key, group in groups.items()}


def jobs(group: Sequence[LaneJobs]) -> LaneJobs:
    """The jobs of several lanes."""
    return LaneJobs(
        counts=_sums(each.counts for each in group),
        oldest_pending_seconds=_known(max, (each.oldest_pending_seconds for each in group)),
        oldest_running_seconds=_known(max, (each.oldest_running_seconds for each in group)),
        oldest_dead_letter_seconds=_known(max, (each.oldest_dead_letter_seconds for each in group)),
        due_not_promoted=_known(sum, (each.due_not_promoted for each in group)),
        stuck=_known(sum, (each.stuck for each in group)),
    )


def dead_letters(group: Sequence[DeadLetters]) -> DeadLetters:
    """The dead letters of several lanes; averages weigh as much as there are dead letters behind them."""
    weighed = [
        (each.attempts_average, weight)
        for each in group
        if each.attempts_average is not None and (weight := sum(each.causes.values()))
    ]
    total = sum(weight for _, weight in weighed)
    recent = [each.recent for each in group if each.recent is not None]
    all_tell = len(recent) == len(group)
    return DeadLetters(
        causes=_sums(each.causes for each in group),
        attempts_average=sum(value * weight for value, weight in weighed) / total if total else None,
        recent=_sums(recent) if recent and all_tell else None,
    )


def workers(found: Workers, shown: Callable[[str], str]) -> Workers:
    """The same workers, by the queues that are told.

    Slots add up. Workers of a queue do not, as one may serve many: the most of any queue is what is sure.
    """

    def by(counts: Mapping[str, int] | None, join: Callable[[Sequence[int]], int]) -> dict[str, int] | None:
        return None if counts is None else folded(counts, lambda q: q if q == SHARED else shown(q), join)

    return replace(found, by_queue=by(found.by_queue, max), slots=by(found.slots, sum), busy=by(found.busy, sum))


def paused(found: Mapping[str, bool], shown: Callable[[str], str]) -> dict[str, bool]:
    """The same pauses, by the queues that are told; all others are paused when each of them is."""
    return folded(found, shown, all)


def _sums(group: Iterable[Mapping[V, int]]) -> dict[V, int]:
    total: Counter[V] = Counter()
    for counts in group:
        total.update(counts)
    return dict(total)


N = TypeVar("N", int, float)


def _known(join: Callable[[Iterable[N]], N], values: Iterable[N | None]) -> N | None:
    told = [value for value in values if value is not None]
    return join(told) if told else None
