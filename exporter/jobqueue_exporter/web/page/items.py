"""One thing that is wrong, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from jobqueue_exporter import durations
from jobqueue_exporter.bundle import boards, filled
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.health import Check, Status
from jobqueue_exporter.web.page import words

if TYPE_CHECKING:
    from jobqueue_exporter.bundle.moment import Problem

LONGEST_TEXT = 600
CHECKS = {
    "db": "database",
    "worker": "workers",
    "queue": "queues",
    "dlq": "dead letters",
    "binary": "programs",
    "readiness": "health",
}
TOPICS = {
    "db": "exporter",
    "worker": "workers",
    "queue": "backlog",
    "dlq": "dead-letter-queue",
    "binary": "readiness",
    "readiness": "readiness",
}
CHECKED = "health check"
SEVERITIES = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True)
class Board:
    """The dashboard about something with these labels, in this Grafana."""

    grafana: str
    topic: str
    labels: Mapping[str, str]

    @property
    def address(self) -> str:
        """Its URL; empty where there is no Grafana."""
        if not self.grafana:
            return ""
        return filled.text(boards.url(self.grafana, self.topic, tuple(self.labels)), self.labels, 0.0)


@dataclass(frozen=True, slots=True)
class Item:
    """A thing that is wrong. `severity` is critical, warning or info; `because` is what explains it."""

    id: str
    severity: str
    summary: str
    description: str
    lane: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    owner: str
    wait: str
    runbook: str
    name: str
    board: Board
    because: tuple[Item, ...] = ()
    hidden: int = 0
    """What explains it too and is only counted."""

    @property
    def kind(self) -> tuple[str, ...]:
        """What it shares with others that are the same elsewhere."""
        return self.severity, self.name, self.summary, self.wait


def of_problem(problem: Problem, grafana: str) -> Item:
    """What an alert says, with a link into this Grafana, if any."""
    labels = problem.labels
    rest = {name: value for name, value in labels.items() if value and name not in (*LANE, "owner")}
    severity = str(problem.severity)
    return Item(
        id=problem.id,
        severity=severity if severity in SEVERITIES else "info",
        summary=words.lines(problem.summary),
        description=words.lines(problem.description[:LONGEST_TEXT]),
        lane=tuple(words.name(labels[each]) for each in LANE if labels.get(each)),
        labels=tuple((name, words.name(value)) for name, value in rest.items()),
        owner=words.name(labels.get("owner", "")),
        wait=_wait(severity, problem.wait),
        runbook=f"runbooks/{problem.runbook}",
        name=problem.alert,
        board=Board(grafana, problem.topic, labels),
    )


def of_check(source: str, check: Check, grafana: str) -> Item:
    """What a check of a source says that is not well, with a link into this Grafana, if any."""
    digest = sha256(source.encode("utf-8", "replace")).hexdigest()[:8]
    return Item(
        id=f"check-{check.name}-{digest}",
        severity="critical" if check.status is Status.FAILED else "warning",
        summary=f"{CHECKS[check.name].capitalize()}: {'not ok' if check.status is Status.FAILED else 'needs a look'}.",
        description=words.lines(check.message[:LONGEST_TEXT]),
        lane=(words.name(source),),
        labels=(),
        owner="",
        wait="",
        runbook=f"runbooks/{TOPICS[check.name]}?source={quote(source, safe='', errors='replace')}",
        name=CHECKED,
        board=Board(grafana, TOPICS[check.name], {"source": source}),
    )


def _wait(severity: str, seconds: float) -> str:
    if severity == "info":
        return ""
    what = "pages" if severity == "critical" else "alerts"
    return f"{what} after {durations.human(seconds)}" if seconds else f"{what} at once"
