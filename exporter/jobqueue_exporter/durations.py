"""Spans of time as people say them: 45s, 2m 5s, 3h 10m, 4d."""

from __future__ import annotations

from itertools import pairwise

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def human(seconds: float) -> str:
    """The span in its two largest units, the rest cut off; below a second in milliseconds."""
    if seconds < 0:
        return f"-{human(-seconds)}"
    if 0 < seconds < 1:
        return f"{max(1, int(seconds * 1000))}ms"
    left = int(seconds)
    for (name, size), (lesser_name, lesser_size) in pairwise(_UNITS):
        if left >= size:
            rest = left % size // lesser_size
            return f"{left // size}{name} {rest}{lesser_name}" if rest else f"{left // size}{name}"
    return f"{left}s"
