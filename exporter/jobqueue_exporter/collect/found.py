"""What one reading has brought so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobqueue_exporter.engines.protocol import Collector, Part, Tier
from jobqueue_exporter.model import Facts, Lane, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The whole core of a reading, and the extras that have come.

    `asked` names the extras that were due, `read_at` is Unix seconds on our clock, and
    `skew_seconds` is the source's clock minus ours.
    """

    engine: str
    collectors: tuple[Collector, ...]
    signals: Mapping[Signal, bool]
    parts: Mapping[str, Part]
    asked: frozenset[str]
    read_at: float
    skew_seconds: float | None

    @property
    def names(self) -> tuple[str, ...]:
        """The collectors that the source has, core ones first."""
        return (*self.core, *self.extras)

    @property
    def core(self) -> tuple[str, ...]:
        """The core collectors."""
        return tuple(each.name for each in self.collectors if each.tier is Tier.CORE)

    @property
    def extras(self) -> tuple[str, ...]:
        """The extra collectors."""
        return tuple(each.name for each in self.collectors if each.tier is Tier.EXTRA)

    @property
    def seconds(self) -> float:
        """What all parts took together."""
        return sum(part.seconds for part in self.parts.values())

    @property
    def lanes(self) -> set[Lane]:
        """Every lane that any part tells of."""
        lanes: set[Lane] = set()
        for facts in self.facts(self.parts):
            lanes.update(facts.lanes or (), facts.dead_letters or ())
            if facts.flow_window is not None:
                lanes.update(count.lane for count in facts.flow_window.counts)
        return lanes

    def facts(self, names: Iterable[str]) -> list[Facts]:
        """What these collectors found, of those that succeeded."""
        parts = (self.parts[name] for name in names if name in self.parts)
        return [part.facts or Facts() for part in parts if not part.error]

    def answers(self, names: Iterable[str], seconds: float, why: str) -> list[Part]:
        """The parts of these collectors; of one that has brought none, that it failed and why."""
        return [self.parts.get(name) or Part(collector=name, seconds=seconds, error=why) for name in names]
