"""What one reading of one source found: a Snapshot, and its parts.

`None` means "this engine cannot tell"; `0` means zero. Ages are seconds on the source's
own clock, never below 0. Timestamps are Unix seconds.
"""

from jobqueue_exporter.model.flows import BUCKETS, Distribution, FlowCount, FlowWindow, LaneFlows
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
from jobqueue_exporter.model.snapshot import CollectorStatus, Facts, Policy, Snapshot
from jobqueue_exporter.model.states import Breaker, Cause, Flow, Outcome, Place, RecoveryState, Signal, State

__all__ = [
    "BUCKETS",
    "Binary",
    "Breaker",
    "Cause",
    "CircuitBreaker",
    "CollectorStatus",
    "DeadLetters",
    "Distribution",
    "Facts",
    "Flow",
    "FlowCount",
    "FlowWindow",
    "Lane",
    "LaneFlows",
    "LaneJobs",
    "Outcome",
    "Place",
    "Policy",
    "Probes",
    "Recovery",
    "RecoveryState",
    "Schedule",
    "Signal",
    "Snapshot",
    "State",
    "Workers",
]
