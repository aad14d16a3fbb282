"""What one reading of one source found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from jobqueue_exporter.model.flows import Distribution, FlowWindow, LaneFlows
from jobqueue_exporter.model.parts import (
    Binary,
    CircuitBreaker,
    DeadLetters,
    Lane,
    LaneJobs,
    Probes,
    Recovery,
    Schedule,
    Workers,
)
from jobqueue_exporter.model.states import Signal, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration wants of a lane."""

    owner: str = ""
    wait_objective_seconds: float = 300.0
    success_objective_ratio: float = 0.99
    max_runtime_seconds: float = 3600.0
    page: bool = True
    no_loss: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What collectors found; each fills in its own fields, the rest stay None."""

    lanes: Mapping[Lane, LaneJobs] | None = None
    empty_lane: LaneJobs | None = None
    capped: Mapping[State, bool] | None = None
    workers: Workers | None = None
    paused: Mapping[str, bool] | None = None
    binaries: tuple[Binary, ...] | None = None
    dead_letters: Mapping[Lane, DeadLetters] | None = None
    dead_letter_windows: tuple[str, ...] | None = None
    recovery: Recovery | None = None
    schedules: Mapping[str, Schedule] | None = None
    probes: Probes | None = None
    breakers: Mapping[str, CircuitBreaker] | None = None
    kill_switch: bool | None = None
    flow_window: FlowWindow | None = None
    version: str | None = None
    clock: float | None = None
    lag_seconds: float | None = None
    notices: tuple[str, ...] | None = None

    def merged(self, other: Facts) -> Facts:
        """These facts, with every field that `other` knows taken from it; binaries and notices add up."""
        known = {f.name: v for f in fields(other) if (v := getattr(other, f.name)) is not None}
        for name in known.keys() & {"binaries", "notices"}:
            known[name] = (*(getattr(self, name) or ()), *known[name])
        return replace(self, **known)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorStatus:
    """How the last run of one collector went; `age_seconds` is 0 for one that ran in this reading."""

    name: str
    success: bool
    duration_seconds: float
    age_seconds: float
    last_success: float | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that is known of one source at one moment.

    When `up` is false, `error` says why and nothing that an earlier reading found is in it.
    """

    source: str
    engine: str
    read_at: float
    up: bool
    error: str = ""
    facts: Facts = Facts()
    flows: Mapping[Lane, LaneFlows] | None = None
    waits: Mapping[str, Distribution] | None = None
    runs: Mapping[str, Distribution] | None = None
    signals: Mapping[Signal, bool] = field(default_factory=dict)
    policies: Mapping[Lane, Policy] = field(default_factory=dict)
    folded: Mapping[str, int] = field(default_factory=dict)
    collectors: tuple[CollectorStatus, ...] = ()
    over_budget: bool | None = None
    clock_skew_seconds: float | None = None
