"""Durations as the configuration writes them: 500ms, 5s, 10m, 2h, 1d, or a number of seconds."""

from __future__ import annotations

import re

PATTERN = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)?$"
_UNITS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_LONGEST_SECONDS = 3650 * 86_400.0


def seconds(raw: object, *, zero: bool = False) -> float:
    """How long in seconds.

    Raises:
        ValueError: it is no duration, longer than ten years, or 0 where `zero` does not allow it.
    """
    value = _number(raw)
    if value is None or not 0 <= value <= _LONGEST_SECONDS or (value == 0 and not zero):
        raise ValueError(f"expected {expected(zero=zero)}")
    return value


def expected(*, zero: bool = False) -> str:
    """What may be written, in words."""
    return f"a duration such as 500ms, 5s, 10m, 2h or 1d{', or 0' if zero else ', more than 0'}"


def text(value: float) -> str:
    """The shortest way to write a duration of so many seconds."""
    for unit, size in _UNITS.items():
        count = round(value / size, 6)
        if count >= 1 and count.is_integer():
            return f"{int(count)}{unit}"
    return f"{value:g}s"


def _number(raw: object) -> float | None:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return float(raw)
    if isinstance(raw, str) and (found := re.match(PATTERN, raw.strip())):
        unit = found[2] or "s"
        return float(raw.strip().removesuffix(found[2] or "")) * _UNITS[unit]
    return None
