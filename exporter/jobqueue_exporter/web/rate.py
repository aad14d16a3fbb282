"""How many requests are let in."""

from __future__ import annotations

import re

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)"


class Bucket:
    """Lets `burst` requests in at once, and one more each `interval` seconds."""

    def __init__(self, interval: float, burst: int) -> None:
        self._interval = interval
        self._burst = burst
        self._tokens = float(burst)
        self._filled: float | None = None

    def admits(self, now: float) -> bool:
        """Whether a request may come in at `now`, in seconds of a clock that never goes back."""
        passed = 0.0 if self._filled is None else now - self._filled
        self._filled = now
        self._tokens = min(self._burst, self._tokens + passed / self._interval)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def seconds(text: str) -> float | None:
    """A duration as Go writes it (1s, 1m30s, 500ms, 0); None when it is none."""
    if text == "0":
        return 0.0
    if not re.fullmatch(f"(?:{_PART})+", text):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(_PART, text))
