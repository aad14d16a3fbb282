"""Extra collectors: when each is due, and what its last run found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from jobqueue_exporter.collect.cadence import Cadence
from jobqueue_exporter.collect.together import advanced, together
from jobqueue_exporter.engines.protocol import Part
from jobqueue_exporter.model import Facts


@dataclass(frozen=True, slots=True)
class _Aged:
    """What was found, and when on the monotonic clock."""

    facts: Facts
    at: float


class Extras:
    """The extra collectors of one source. A run that fails takes back what the one before it found."""

    def __init__(self) -> None:
        self._cadences: defaultdict[str, Cadence] = defaultdict(Cadence)
        self._found: dict[str, _Aged] = {}

    def due(self, names: Iterable[str], now: float) -> frozenset[str]:
        """Those of `names` that may run now."""
        return frozenset(name for name in names if self._cadences[name].due(now))

    def ran(self, part: Part, now: float) -> None:
        """A collector has run, and ended at `now`."""
        if part.error:
            self._found.pop(part.collector, None)
            self._cadences[part.collector].failed(now)
            return
        # Windows are counted once, and a clock that was read earlier says nothing.
        facts = replace(part.facts or Facts(), flow_window=None, clock=None)
        self._found[part.collector] = _Aged(facts, now)
        self._cadences[part.collector].succeeded(part.seconds, now)

    def facts(self, names: Iterable[str], now: float) -> Facts:
        """What the last run of each of `names` found, as old as it is now."""
        found = (self._found[name] for name in names if name in self._found)
        return together(advanced(aged.facts, now - aged.at) for aged in found)
