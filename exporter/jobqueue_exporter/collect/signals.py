"""What a source can tell, as far as this reading does tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from jobqueue_exporter.model import Facts, Signal, Snapshot

_SHOWN: Mapping[Signal, Callable[[Snapshot], bool]] = {
    Signal.ENQUEUED: lambda s: s.flows is not None,
    Signal.FINISHED: lambda s: s.flows is not None,
    Signal.FAILED: lambda s: s.flows is not None,
    Signal.ATTEMPTS_FAILED: lambda s: s.flows is not None,
    Signal.WAIT: lambda s: s.flows is not None,
    Signal.RUN: lambda s: s.runs is not None,
    Signal.STUCK: lambda s: s.facts.lanes is not None,
    Signal.WORKERS: lambda s: s.facts.workers is not None,
    Signal.SLOTS: lambda s: s.facts.workers is not None and s.facts.workers.slots is not None,
    Signal.PAUSE: lambda s: s.facts.paused is not None,
    Signal.CAUSES: lambda s: s.facts.dead_letters is not None and all(d.causes for d in s.facts.dead_letters.values()),
    Signal.RECOVERY: lambda s: s.facts.recovery is not None,
    Signal.SCHEDULES: lambda s: s.facts.schedules is not None,
}


def kept(facts: Facts, can: Mapping[Signal, bool]) -> Facts:
    """The facts without causes of deaths that an engine does not tell: to it all of them are unknown."""
    if facts.dead_letters is None or can.get(Signal.CAUSES, True):
        return facts
    return replace(facts, dead_letters={lane: replace(one, causes={}) for lane, one in facts.dead_letters.items()})


def shown(snapshot: Snapshot, can: Mapping[Signal, bool]) -> dict[Signal, bool]:
    """The signals of an engine that `can`; off where the collector behind one failed or has not run.

    A rule that takes the absence of a series for bad news asks the signal first: it must not be on
    while the series is absent for our own reasons.
    """
    return {signal: told and (signal not in _SHOWN or _SHOWN[signal](snapshot)) for signal, told in can.items()}
