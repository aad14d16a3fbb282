"""What a source can tell, as far as this reading does tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jobqueue_exporter.model import Signal, Snapshot

_SHOWN: Mapping[Signal, Callable[[Snapshot], bool]] = {
    Signal.ENQUEUED: lambda s: s.flows is not None,
    Signal.FINISHED: lambda s: s.flows is not None,
    Signal.ATTEMPTS_FAILED: lambda s: s.flows is not None,
    Signal.WAIT: lambda s: s.flows is not None,
    Signal.RUN: lambda s: s.runs is not None,
    Signal.STUCK: lambda s: s.facts.lanes is not None,
    Signal.WORKERS: lambda s: s.facts.workers is not None,
    Signal.SLOTS: lambda s: s.facts.workers is not None and s.facts.workers.slots is not None,
    Signal.PAUSE: lambda s: s.facts.paused is not None,
    Signal.CAUSES: lambda s: s.facts.dead_letters is not None,
    Signal.RECOVERY: lambda s: s.facts.recovery is not None,
}


def shown(snapshot: Snapshot, can: Mapping[Signal, bool]) -> dict[Signal, bool]:
    """The signals of an engine that `can`; off where the collector behind one failed or has not run.

    A rule that takes the absence of a series for bad news asks the signal first: it must not be on
    while the series is absent for our own reasons.
    """
    return {signal: told and (signal not in _SHOWN or _SHOWN[signal](snapshot)) for signal, told in can.items()}
