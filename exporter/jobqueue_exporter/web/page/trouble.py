"""What is wrong now: what the alerts say, and what the health verdict says that they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby, product
from typing import TYPE_CHECKING
from urllib.parse import quote

from jobqueue_exporter import durations
from jobqueue_exporter.health import Check, Status
from jobqueue_exporter.web.page import words

if TYPE_CHECKING:
    from jobqueue_exporter.bundle.moment import Found, Problem

MOST_SHOWN = 20
MOST_FOLDED = 40
PLACES_SHOWN = 5
PLACES_FOLDED = 20
MOST_CAUSES = 10
LONGEST_TEXT = 600
CHECKS = {
    "db": "database",
    "worker": "workers",
    "queue": "queues",
    "dlq": "dead letters",
    "binary": "programs",
    "readiness": "health",
}
_TOPICS = {
    "db": "exporter",
    "worker": "workers",
    "queue": "backlog",
    "dlq": "dead-letter-queue",
    "binary": "readiness",
    "readiness": "readiness",
}
CHECKED = "health check"
_OF_PROGRAMS = "JobQueueBinaryMissing"
_OF_DOWN = "JobQueueSourceDown"
_LANE = ("source", "queue", "kind")
SEVERITIES = ("critical", "warning", "info")


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
    because: tuple[Item, ...] = ()
    hidden: int = 0
    """What explains it too and is only counted."""

    @property
    def kind(self) -> tuple[str, ...]:
        """What it shares with others that are the same elsewhere."""
        return self.severity, self.name, self.summary, self.wait


@dataclass(frozen=True, slots=True)
class Group:
    """The same thing in one place or several: some shown, some folded, `more` counted. `because` is what explains it
    in a whole source."""

    items: tuple[Item, ...]
    folded: tuple[Item, ...] = ()
    more: int = 0
    because: tuple[Item, ...] = ()
    hidden: int = 0
    """What explains it too and is only counted."""

    @property
    def places(self) -> int:
        """In how many places it is."""
        return len(self.items) + len(self.folded) + self.more

    @property
    def severity(self) -> str:
        """critical, warning or info."""
        return self.items[0].severity

    @property
    def summary(self) -> str:
        """What is wrong, in one sentence."""
        return self.items[0].summary

    @property
    def wait(self) -> str:
        """What comes of it, and when; empty where nobody is told."""
        return self.items[0].wait

    @property
    def name(self) -> str:
        """The name of the alert."""
        return self.items[0].name


@dataclass(frozen=True, slots=True)
class Trouble:
    """All that is wrong, worst first, and how many things need somebody; `judged` is whether alerts could be.

    `more` are neither shown nor folded.
    """

    shown: tuple[Group, ...]
    folded: tuple[Group, ...]
    more: int
    critical: int
    warnings: int
    untold: tuple[str, ...]
    judged: bool


def trouble(found: Found | None, checks: Sequence[tuple[str, Check]]) -> Trouble:
    """What is wrong by the alerts (None: they could not be judged) and by these checks, each with its source."""
    problems = found.problems if found else ()
    items = [*(_of_check(*each) for each in _uncovered(problems, checks)), *_nested(problems)]
    # What cannot be read at all comes first, what only a check says last.
    items.sort(key=lambda item: (item.name != _OF_DOWN and not item.id.startswith("check-db-"), item.name == CHECKED))
    first = {item.kind: index for index, item in reversed(list(enumerate(items)))}
    items.sort(key=lambda item: (SEVERITIES.index(item.severity), first[item.kind]))
    groups = [_group(tuple(same)) for _, same in groupby(items, key=lambda item: item.kind)]
    return Trouble(
        shown=tuple(groups[:MOST_SHOWN]),
        folded=tuple(groups[MOST_SHOWN : MOST_SHOWN + MOST_FOLDED]),
        more=sum(group.places for group in groups[MOST_SHOWN + MOST_FOLDED :]),
        critical=sum(item.severity == "critical" for item in items),
        warnings=sum(item.severity == "warning" for item in items),
        untold=found.untold if found else (),
        judged=found is not None,
    )


def _group(items: tuple[Item, ...]) -> Group:
    if len(items) == 1:
        return Group(items)
    wide = tuple(each for item in items for each in item.because if len(each.lane) == 1)
    own = (replace(item, because=tuple(each for each in item.because if each not in wide)) for item in items)
    places = tuple(own)
    end = PLACES_SHOWN + PLACES_FOLDED
    return Group(
        items=places[:PLACES_SHOWN],
        folded=places[PLACES_SHOWN:end],
        more=max(len(places) - end, 0),
        because=wide[:PLACES_SHOWN],
        hidden=max(len(wide) - PLACES_SHOWN, 0),
    )


def _nested(problems: Sequence[Problem]) -> list[Item]:
    """Each problem, or the worst that it explains with it inside."""
    tops = {problem.id: problem for problem in problems if not problem.explains}
    places: dict[tuple[str, ...], str] = {}
    for top in tops.values():
        for place in _places(top.alert, top.labels, top=True):
            places.setdefault(place, top.id)
    under: dict[str, list[Item]] = {}
    for problem in problems:
        if problem.explains:
            found = (place for name in problem.explains for place in _places(name, problem.labels, top=False))
            above = next((places[place] for place in found if place in places), None)
            if above is None:
                tops[problem.id] = problem
            else:
                under.setdefault(above, []).append(_of_problem(problem))
    return [_with_causes(_of_problem(top), under.get(top.id, [])) for top in tops.values()]


def _with_causes(item: Item, causes: list[Item]) -> Item:
    return replace(item, because=tuple(causes[:MOST_CAUSES]), hidden=max(len(causes) - MOST_CAUSES, 0))


def _places(alert: str, labels: Mapping[str, str], *, top: bool) -> Iterator[tuple[str, ...]]:
    """Keys of which two problems share one where they are of the same lane, as far as both say so: `top` of the one
    that is explained, else of the one that explains."""
    said = [f"={labels[name]}" if name in labels else "none" for name in _LANE]
    choices = [(each, "any") if top else ("any",) if each == "none" else (each, "none") for each in said]
    for place in product(*choices):
        yield alert, *place


def _of_problem(problem: Problem) -> Item:
    labels = problem.labels
    rest = {name: value for name, value in labels.items() if value and name not in (*_LANE, "owner")}
    severity = str(problem.severity)
    return Item(
        id=problem.id,
        severity=severity if severity in SEVERITIES else "info",
        summary=words.lines(problem.summary),
        description=words.lines(problem.description[:LONGEST_TEXT]),
        lane=tuple(words.name(labels[each]) for each in _LANE if labels.get(each)),
        labels=tuple((name, words.name(value)) for name, value in rest.items()),
        owner=words.name(labels.get("owner", "")),
        wait=_wait(severity, problem.wait),
        runbook=f"runbooks/{problem.runbook}",
        name=problem.alert,
    )


def _wait(severity: str, seconds: float) -> str:
    if severity == "info":
        return ""
    what = "pages" if severity == "critical" else "alerts"
    return f"{what} after {durations.human(seconds)}" if seconds else f"{what} at once"


def _uncovered(problems: Sequence[Problem], checks: Sequence[tuple[str, Check]]) -> list[tuple[str, Check]]:
    """The checks that are not well and of which no problem that needs somebody tells."""
    told = {(problem.labels.get("source"), _check(problem)) for problem in problems if str(problem.severity) != "info"}
    bad = (Status.FAILED, Status.WARNING)
    return [(source, check) for source, check in checks if check.status in bad and (source, check.name) not in told]


def _check(problem: Problem) -> str:
    """The name of the check that looks at the same as this problem's alert; empty where none does."""
    if problem.topic == "exporter":
        return "db" if problem.alert == _OF_DOWN else ""
    if problem.topic == "readiness":
        return "binary" if problem.alert == _OF_PROGRAMS else "readiness"
    return next((name for name, topic in _TOPICS.items() if topic == problem.topic), "")


def _of_check(source: str, check: Check) -> Item:
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
        runbook=f"runbooks/{_TOPICS[check.name]}?source={quote(source, safe='', errors='replace')}",
        name=CHECKED,
    )
