"""A reader that finds what it is told to find, when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from jobqueue_exporter.engines.protocol import Collector, Part, Request, Statement, Tier
from jobqueue_exporter.errors import Unreachable
from jobqueue_exporter.model import Facts, Lane, LaneJobs, Signal, State

FACTS = Facts(lanes={Lane("mail", "SEND"): LaneJobs(counts={State.PENDING: 3}, oldest_pending_seconds=2.0)})


def many_lanes(count: int) -> Facts:
    """Facts of so many lanes, each with jobs in every state."""
    counts = dict.fromkeys(State, 1)
    return Facts(lanes={Lane("mail", f"KIND-{number}"): LaneJobs(counts=counts) for number in range(count)})


@dataclass
class ReaderByHand:
    """Reads once `go` is set, and counts how often."""

    facts: Facts = FACTS
    error: str = ""
    go: threading.Event = field(default_factory=threading.Event)
    reads: int = 0
    engine: str = "table"
    collectors: Sequence[Collector] = (Collector("jobs", Tier.CORE),)
    signals: Mapping[Signal, bool] = field(default_factory=dict)
    stopped: bool = False

    def read(self, request: Request) -> Iterator[Part]:
        self.reads += 1
        while not self.go.wait(0.01):
            if self.stopped or time.monotonic() > request.deadline + 30:
                raise Unreachable("stopped")
        if self.error:
            raise Unreachable(self.error)
        yield Part(collector="jobs", seconds=0.001, facts=self.facts)

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        return ()

    def stop(self) -> None:
        self.stopped = True

    def close(self) -> None:
        """There is nothing to give back."""


def ready(facts: Facts = FACTS, error: str = "") -> ReaderByHand:
    """A reader that answers at once."""
    reader = ReaderByHand(facts, error)
    reader.go.set()
    return reader
