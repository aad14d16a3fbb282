"""What is wrong now: what the alerts say, and what the health verdict says that they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, product
from typing import TYPE_CHECKING

from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.health import Check, Status
from jobqueue_exporter.web.page.items import CHECKED, SEVERITIES, TOPICS, Item, of_check, of_problem

if TYPE_CHECKING:
    from jobqueue_exporter.bundle.moment import Found, Problem

MOST_SHOWN = 20
MOST_FOLDED = 40
PLACES_SHOWN = 5
PLACES_FOLDED = 20
MOST_CAUSES = 10
_AT_A_TIME = 500
"""Problems that are looked at before the next rest."""
_OF_PROGRAMS = "JobQueueBinaryMissing"
_OF_DOWN = "JobQueueSourceDown"
Checked = tuple[str, Check]
"""A check with its source."""


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

    `more` are neither shown nor folded. One thing may be so in many places: `critical_places` and `warning_places`.
    """

    shown: tuple[Group, ...]
    folded: tuple[Group, ...]
    more: int
    critical: int
    critical_places: int
    warnings: int
    warning_places: int
    untold: tuple[str, ...]
    judged: bool


def trouble(
    found: Found | None, checks: Sequence[Checked], *, grafana: str = "", rest: Callable[[], None] = lambda: None
) -> Trouble:
    """What is wrong by the alerts (None: they could not be judged) and by these checks.

    `grafana` is where links to dashboards lead, if anywhere; `rest` is called now and then.
    """
    problems = found.problems if found else ()
    items = _Nest(problems, _uncovered(problems, checks), grafana).items(rest)
    items.sort(key=_urgency)
    first = {item.kind: index for index, item in reversed(list(enumerate(items)))}
    items.sort(key=lambda item: (SEVERITIES.index(item.severity), first[item.kind]))
    groups = [_group(tuple(same)) for _, same in groupby(items, key=lambda item: item.kind)]
    places = {severity: [each.places for each in groups if each.severity == severity] for severity in SEVERITIES}
    return Trouble(
        shown=tuple(groups[:MOST_SHOWN]),
        folded=tuple(groups[MOST_SHOWN : MOST_SHOWN + MOST_FOLDED]),
        more=sum(group.places for group in groups[MOST_SHOWN + MOST_FOLDED :]),
        critical=len(places["critical"]),
        critical_places=sum(places["critical"]),
        warnings=len(places["warning"]),
        warning_places=sum(places["warning"]),
        untold=found.untold if found else (),
        judged=found is not None,
    )


def _urgency(item: Item) -> int:
    """What cannot be read at all comes first, then that nobody works; what only another check says comes last."""
    if item.name == _OF_DOWN or item.id.startswith("check-db-"):
        return 0
    if item.id.startswith("check-worker-"):
        return 1
    return 3 if item.name == CHECKED else 2


def _group(items: tuple[Item, ...]) -> Group:
    if len(items) == 1:
        return Group(items)
    wide = tuple(each for item in items for each in item.because if len(each.lane) == 1)
    own = (replace(item, because=tuple(each for each in item.because if len(each.lane) != 1)) for item in items)
    end = PLACES_SHOWN + PLACES_FOLDED
    places = tuple(islice(own, end))
    return Group(
        items=places[:PLACES_SHOWN],
        folded=places[PLACES_SHOWN:],
        more=max(len(items) - end, 0),
        because=wide[:PLACES_SHOWN],
        hidden=max(len(wide) - PLACES_SHOWN, 0),
    )


class _Nest:
    """Each problem and check, or the worst that it explains with it inside."""

    def __init__(self, problems: Sequence[Problem], checks: Sequence[Checked], grafana: str) -> None:
        self._problems = problems
        self._grafana = grafana
        self._tops = {problem.id: problem for problem in problems if not problem.explains}
        self._under: dict[str, list[Item]] = {}
        self._alone: list[Item] = []
        self._nest_checks(checks)

    def items(self, rest: Callable[[], None]) -> list[Item]:
        """Those that stand for themselves, each with what explains it."""
        self._nest_problems(rest)
        for index, top in enumerate(self._tops.values()):
            if not index % _AT_A_TIME:
                rest()
            self._alone.append(_with_causes(of_problem(top, self._grafana), self._under.get(top.id, [])))
        return self._alone

    def _nest_checks(self, checks: Sequence[Checked]) -> None:
        """That nobody works explains what waits too long in the same source; other checks stand for themselves."""
        waits: dict[str, str] = {}
        for top in self._tops.values():
            if top.topic == TOPICS["queue"] and str(top.severity) == "critical":
                waits.setdefault(top.labels.get("source", ""), top.id)
        for source, check in checks:
            above = waits.get(source) if check.name == "worker" else None
            item = of_check(source, check, self._grafana)
            (self._alone if above is None else self._under.setdefault(above, [])).append(item)

    def _nest_problems(self, rest: Callable[[], None]) -> None:
        places: dict[tuple[str, ...], str] = {}
        for top in self._tops.values():
            for place in _places(top.alert, top.labels, top=True):
                places.setdefault(place, top.id)
        for index, problem in enumerate(each for each in self._problems if each.explains):
            if not index % _AT_A_TIME:
                rest()
            found = (place for name in problem.explains for place in _places(name, problem.labels, top=False))
            above = next((places[place] for place in found if place in places), None)
            if above is None:
                self._tops[problem.id] = problem
            else:
                self._under.setdefault(above, []).append(of_problem(problem, self._grafana))


def _with_causes(item: Item, causes: list[Item]) -> Item:
    return replace(item, because=tuple(causes[:MOST_CAUSES]), hidden=max(len(causes) - MOST_CAUSES, 0))


def _places(alert: str, labels: Mapping[str, str], *, top: bool) -> Iterator[tuple[str, ...]]:
    """Keys of which two problems share one where they are of the same lane, as far as both say so: `top` of the one
    that is explained, else of the one that explains."""
    said = [f"={labels[name]}" if name in labels else "none" for name in LANE]
    choices = [(each, "any") if top else ("any",) if each == "none" else (each, "none") for each in said]
    for place in product(*choices):
        yield alert, *place


def _uncovered(problems: Sequence[Problem], checks: Sequence[Checked]) -> list[Checked]:
    """The checks that are not well and of which no problem tells that is as bad: what has failed needs somebody now."""
    told = {(problem.labels.get("source"), _check(problem), str(problem.severity)) for problem in problems}
    as_bad = {Status.FAILED: ("critical",), Status.WARNING: ("critical", "warning")}
    return [
        (source, check)
        for source, check in checks
        if check.status in as_bad
        and not any((source, check.name, severity) in told for severity in as_bad[check.status])
    ]


def _check(problem: Problem) -> str:
    """The name of the check that looks at the same as this problem's alert; empty where none does."""
    if problem.topic == "exporter":
        return "db" if problem.alert == _OF_DOWN else ""
    if problem.topic == "readiness":
        return "binary" if problem.alert == _OF_PROGRAMS else "readiness"
    return next((name for name, topic in TOPICS.items() if topic == problem.topic), "")
