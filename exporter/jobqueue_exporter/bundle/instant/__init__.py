"""What an expression of PromQL comes to at one moment, by what snapshots tell of it, without Prometheus.

A present value stands for the range that it is looked at over. What needs history is not guessed: it is unknown, and
so is all that depends on it.
"""

from jobqueue_exporter.bundle.instant.parts import Instant, Part, Parts
from jobqueue_exporter.bundle.instant.series import Present
from jobqueue_exporter.bundle.instant.vectors import Vector

__all__ = ["Instant", "Part", "Parts", "Present", "Vector"]
