"""A scenario played: something breaks, somebody is told, it is mended, and the alert is seen to resolve."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.deadline import until
from tests.e2e.alertmanager import Inbox
from tests.e2e.monitored import SCALE

PATIENCE_SECONDS = 200.0


@dataclass(frozen=True, slots=True)
class Step:
    """One fault and its repair, and the alert that it must raise; `found` has labels beyond those of its kind, by
    which the alert is known. The source is empty for an alert of the exporter itself."""

    source: str
    alert: str
    fault: Callable[[], None]
    repair: Callable[[], None]
    severity: str = "critical"
    found: Mapping[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> dict[str, str]:
        """What its notifications have in common."""
        source = {"source": self.source} if self.source else {}
        return {"alertname": self.alert, "severity": self.severity, **source, **self.found}


@dataclass(slots=True)
class Played:
    """When what happened, in seconds of the clock; 0: it did not."""

    step: Step
    broken: float = 0.0
    told: float = 0.0
    mended: float = 0.0
    resolved: float = 0.0

    def row(self) -> tuple[str, ...]:
        """Scenario, alert, severity, and how long it took to be told and to resolve, times the time scale."""
        told, resolved = _minutes(self.broken, self.told), _minutes(self.mended, self.resolved)
        return self.step.source or "(all)", self.step.alert, self.step.severity, told, resolved


def played(inbox: Inbox, step: Step) -> Played:
    """What came of it; who waits in vain gives up after a while."""
    seen = Played(step, broken=time.time())
    step.fault()
    if _came(lambda: inbox.firing(**step.labels)):
        seen.told = inbox.of(**step.labels)[0].at
    seen.mended = time.time()
    step.repair()
    if seen.told and _came(lambda: not inbox.firing(**step.labels)):
        seen.resolved = inbox.of(**step.labels)[-1].at
    return seen


def side_by_side(plays: Iterable[Callable[[], list[Played]]]) -> list[Played]:
    """What came of all, each in a thread of its own. Raises what one of them raised."""
    wanted = list(plays)
    with ThreadPoolExecutor(len(wanted)) as pool:
        return [each for found in [pool.submit(play) for play in wanted] for each in found.result()]


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Text in columns."""
    lines = [("source", "alert", "severity", "fault to webhook", "repair to resolved"), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) for line in lines)


def _came(true: Callable[[], object]) -> bool:
    try:
        until(true, seconds=PATIENCE_SECONDS)
    except AssertionError:
        return False
    return True


def _minutes(start: float, end: float) -> str:
    return f"{end - start:.1f} s x {SCALE} = {(end - start) * SCALE / 60:.1f} min" if start and end else "never"
