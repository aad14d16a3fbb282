"""Moments as people and programs read them."""

from __future__ import annotations

from datetime import UTC, datetime

from jobqueue_exporter.durations import human


def relative(moment: float | None, now: float) -> str:
    """As `2h 5m ago` or `in 30s`; a dash where it is not known."""
    if moment is None:
        return "-"
    passed = now - moment
    if abs(passed) < 1:
        return "now"
    return f"{human(passed)} ago" if passed > 0 else f"in {human(-passed)}"


def both(moment: float | None, now: float) -> str:
    """As `2026-01-31 23:59:59 UTC (2h 5m ago)`; empty where it is not known."""
    return "" if moment is None else f"{_utc(moment):%Y-%m-%d %H:%M:%S} UTC ({relative(moment, now)})"


def absolute(moment: float | None) -> str | None:
    """As `2026-01-31T23:59:59.123Z`, in RFC 3339; None where it is not known."""
    return None if moment is None else f"{_utc(moment):%Y-%m-%dT%H:%M:%S}.{int(moment % 1 * 1000):03d}Z"


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, UTC)
