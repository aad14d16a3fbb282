"""What a metric is: name, type, labels, help, and how it is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from jobqueue_exporter.model import Distribution, Lane

SOURCE = ("source",)
QUEUE = ("source", "queue")
LANE = ("source", "queue", "kind")

Value = float | Distribution
Series = tuple[tuple[str, ...], Value]
Told = TypeVar("Told")


class Type(StrEnum):
    """The type as the text format calls it; an info is a gauge that is always 1."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Metric(Generic[Told]):
    """A metric, declared once.

    `read` yields the values of the labels in their order, but for `source`, and the value;
    None where it cannot be told. `when_down`: it is also true of a source that cannot be read.
    """

    name: str
    type: Type
    labels: tuple[str, ...]
    help: str
    read: Callable[[Told], Iterable[tuple[tuple[str, ...], Value | None]]]
    when_down: bool = False

    def series(self, told: Told) -> Iterator[Series]:
        """What is known, in the order of reading; never a value that is None, NaN or infinite."""
        for values, value in self.read(told):
            if value is not None and math.isfinite(_number(value)):
                yield values, value


def names(lane: Lane) -> tuple[str, str]:
    """The label values of a lane."""
    return lane.queue, lane.kind


def _number(value: Value) -> float:
    return value.seconds if isinstance(value, Distribution) else value
