"""What the configuration wants of one source."""

from __future__ import annotations

from functools import lru_cache

from jobqueue_exporter.config import pattern
from jobqueue_exporter.config.policy import configured_lanes, policy
from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.model import BUCKETS, Lane, Policy

_POLICIES = 16_384


class Wants:
    """One source of one configuration: its settings, its lanes, and what is wanted of each."""

    def __init__(self, config: Config, source: Source) -> None:
        self.source = source
        self.lanes = tuple(configured_lanes(config, source.name))
        self.thresholds = _thresholds(config, source.name)
        self._policy = lru_cache(_POLICIES)(lambda lane: policy(config, source.name, lane))

    def policy(self, lane: Lane) -> Policy:
        """What is wanted of this lane."""
        return self._policy(lane)

    def objective(self, lane: Lane) -> float:
        """Seconds that a job of this lane may wait."""
        return self._policy(lane).wait_objective_seconds


def _thresholds(config: Config, source: str) -> tuple[float, ...]:
    """The bounds into which durations must be sorted, to fill our buckets and to judge every objective."""
    objectives = {float(rule.wait_objective) for rule in config.queues if pattern.matches(rule.match.source, source)}
    return tuple(sorted({*map(float, BUCKETS), Policy().wait_objective_seconds, *objectives}))
