"""Time made faster, so that what takes minutes can be seen in seconds."""

from __future__ import annotations

import re

_RANGE = re.compile(r"(\[)(\w+)(:\w+)?(\])|(\boffset\s+)(\w+)")
_STRING = re.compile(r'("(?:[^"\\]|\\.)*")')
_PART = re.compile(r"(\d+)(ms|[smhdwy])")
_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}


def scaled(expr: str, factor: float) -> str:
    """The expression with all ranges and offsets divided by `factor`; strings in it are left alone."""
    if factor == 1:
        return expr
    parts = _STRING.split(expr)
    return "".join(
        part if index % 2 else _RANGE.sub(lambda m: _one(m, factor), part) for index, part in enumerate(parts)
    )


def span(seconds: float) -> str:
    """So many seconds as Prometheus writes durations, in the largest unit that is whole."""
    ms = max(1, round(seconds * 1000)) if seconds > 0 else 0
    for unit in ("h", "m", "s"):
        if ms and ms % _MS[unit] == 0:
            return f"{ms // _MS[unit]}{unit}"
    return f"{ms}ms" if ms else "0s"


def seconds(text: str) -> float:
    """The seconds of a duration as Prometheus writes it, as in 1h30m."""
    return sum(int(number) * _MS[unit] for number, unit in _PART.findall(text)) / 1000


def _one(found: re.Match[str], factor: float) -> str:
    if found[5]:
        return f"{found[5]}{span(seconds(found[6]) / factor)}"
    step = f":{span(seconds(found[3][1:]) / factor)}" if found[3] and len(found[3]) > 1 else found[3] or ""
    return f"[{span(seconds(found[2]) / factor)}{step}]"
