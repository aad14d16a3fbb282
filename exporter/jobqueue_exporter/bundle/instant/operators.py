"""What operators and functions make of numbers, as Prometheus' arithmetic has it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

Compare = Callable[[float, float], bool]
Calculate = Callable[[float, float], float]


def _divided(left: float, right: float) -> float:
    if right:
        return left / right
    if not left or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _remainder(left: float, right: float) -> float:
    return math.nan if math.isinf(left) or not right else math.fmod(left, right)


COMPARISONS: Mapping[str, Compare] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
CALCULATIONS: Mapping[str, Calculate] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": _remainder,
}


def rounded(value: float, to: float = 1) -> float:
    """The nearest multiple of `to`, the higher one of two that are as near."""
    inverse = _divided(1, to)
    product = value * inverse + 0.5
    return _divided(_whole(math.floor, product), inverse)


def clamped(value: float, least: float, most: float) -> float:
    """The value, no less than `least` and no more than `most`; what is no number stays so."""
    return value if math.isnan(value) else max(least, min(most, value))


def floor(value: float) -> float:
    """The next whole number below."""
    return _whole(math.floor, value)


def ceil(value: float) -> float:
    """The next whole number above."""
    return _whole(math.ceil, value)


def _whole(way: Callable[[float], int], value: float) -> float:
    return float(way(value)) if math.isfinite(value) else value
