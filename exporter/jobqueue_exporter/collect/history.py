"""How the last run of each collector went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobqueue_exporter.engines.protocol import Part
from jobqueue_exporter.model import CollectorStatus


@dataclass(frozen=True, slots=True)
class _Run:
    """The last run: when (monotonic clock), its part, and when one last succeeded (Unix seconds)."""

    at: float
    part: Part
    last_success: float | None


class History:
    """The last run of each collector of one source."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}

    def ran(self, part: Part, now: float, unix: float) -> None:
        """A collector has run; the monotonic and the Unix clock say when."""
        before = self._runs.get(part.collector)
        last_success = unix if not part.error else before.last_success if before else None
        self._runs[part.collector] = _Run(now, part, last_success)

    def succeeded(self, name: str) -> bool:
        """Whether this collector has run, and its last run succeeded."""
        return name in self._runs and not self._runs[name].part.error

    def statuses(self, names: Iterable[str], now: float) -> tuple[CollectorStatus, ...]:
        """How the last run of each went, of those that ever ran."""
        return tuple(
            CollectorStatus(
                name=name,
                success=not run.part.error,
                duration_seconds=run.part.seconds,
                age_seconds=now - run.at,
                last_success=run.last_success,
                error=run.part.error,
            )
            for name in names
            if (run := self._runs.get(name)) is not None
        )
