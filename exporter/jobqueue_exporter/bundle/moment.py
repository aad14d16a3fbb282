"""Which alerts' conditions hold at this very moment, by what was read: no Prometheus is asked."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

import msgspec
import promql_parser

from jobqueue_exporter.bundle import filled, rules, scaling
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.inhibited import Explanations
from jobqueue_exporter.bundle.instant import Instant, Part, Parts, Present, Vector
from jobqueue_exporter.bundle.spec import AlertType, Severity, Spec
from jobqueue_exporter.catalog.metric import LANE
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.model import Snapshot

_SEVERITIES = tuple(Severity)
_TYPES = tuple(AlertType)
_AT_A_TIME = 200
"""Problems that are put into words before the next rest."""


@dataclass(frozen=True, slots=True)
class Problem:
    """An alert whose condition holds for these labels, which are those of its result, and for this value of it.

    `wait` is for how many seconds it must hold before the alert fires. `explains` names the alerts that hold now too
    and mute this one in Alertmanager, as they explain it.
    """

    alert: str
    topic: str
    severity: Severity
    alert_type: AlertType
    labels: Mapping[str, str]
    value: float
    summary: str
    description: str
    wait: float
    explains: tuple[str, ...]
    id: str
    """The same as long as the alert and what it is about are; fit for HTML and URLs."""
    runbook: str
    """Where its section is, relative to the runbooks, with the lane that it is about."""


@dataclass(frozen=True, slots=True)
class Found:
    """Problems, worst first; and the alerts of which, or of some of whose results, only Prometheus can say whether
    they hold, as they ask what was before."""

    problems: tuple[Problem, ...]
    untold: tuple[str, ...]


def problems(bundle: Bundle, snapshots: Sequence[Snapshot], *, now: float | None = None) -> Found:
    """What is wrong now. Whoever asks often keeps a Moment, which reads the alerts once."""
    return Moment(bundle).problems(snapshots, now=now)


class Moment:
    """The alerts of a configuration, ready to be judged at any moment. May be used by several threads."""

    def __init__(self, bundle: Bundle) -> None:
        alerts = msgspec.structs.replace(bundle.settings.alerts, keep_labels=())
        self._settings = replace(bundle.settings, alerts=alerts)
        self._explanations = Explanations(bundle.specs)
        self._parts = Parts()
        self._judged: dict[str, tuple[_Rule, ...] | None] = {
            spec.name: self._rules(spec) for spec in bundle.specs if spec.alert.severity is not Severity.NONE
        }

    def problems(
        self, snapshots: Sequence[Snapshot], *, now: float | None = None, rest: Callable[[], None] = lambda: None
    ) -> Found:
        """What is wrong by these readings, the time being `now` (Unix seconds) or else that of the clock.

        With thousands of lanes it takes a while; `rest` is called again and again meanwhile.
        """
        instant = Instant(Present(snapshots), time.time() if now is None else now)
        held: list[_Held] = []
        untold: list[str] = []
        for name, judged in self._judged.items():
            rest()
            results = [(rule, instant.vector(rule.part)) for rule in judged or ()]
            held += _once(results)
            if judged is None or any(vector.open or vector.maybe for _, vector in results):
                untold.append(name)
        return Found(tuple(self._told(held, rest)), tuple(untold))

    def _rules(self, spec: Spec) -> tuple[_Rule, ...] | None:
        """Its rules, none where it is off; None where they cannot be made or read."""
        try:
            return tuple(self._rule(spec, rule) for rule in rules.of(spec, self._settings))
        except (ConfigError, ValueError):
            return None

    def _rule(self, spec: Spec, rule: rules.Rule) -> _Rule:
        labels, annotations = rule["labels"], rule["annotations"]
        assert isinstance(labels, dict)
        assert isinstance(annotations, dict)
        severity = labels["severity"] if labels["severity"] in _SEVERITIES else spec.alert.severity
        return _Rule(
            spec=spec,
            part=self._parts.of(promql_parser.parse(str(rule["expr"]))),
            severity=Severity(severity),
            wait=scaling.seconds(str(rule.get("for", ""))),
            summary=str(annotations["summary"]),
            description=str(annotations["description"]),
        )

    def _told(self, held: list[_Held], rest: Callable[[], None]) -> Iterator[Problem]:
        hold = self._explanations.among((each.rule.spec.name, each.rule.severity, each.labels) for each in held)
        for index, each in enumerate(sorted(held, key=_Held.order)):
            if not index % _AT_A_TIME:
                rest()
            yield each.problem(hold.of(*each.named))


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule of an alert, as it is rendered."""

    spec: Spec
    part: Part
    severity: Severity
    wait: float
    summary: str
    description: str


@dataclass(frozen=True, slots=True)
class _Held:
    """A rule that holds for these labels."""

    rule: _Rule
    labels: Mapping[str, str]
    value: float

    @property
    def named(self) -> tuple[str, Severity, Mapping[str, str]]:
        return self.rule.spec.name, self.rule.severity, self.labels

    def order(self) -> tuple[int, int, list[str], str, list[str]]:
        """Worst first, symptoms before causes, then by lane."""
        rule = self.rule
        lane = [self.labels.get(name, "") for name in LANE]
        kind = _TYPES.index(rule.spec.alert.alert_type)
        return _SEVERITIES.index(rule.severity), kind, lane, rule.spec.name, list(self.labels.values())

    def problem(self, explains: tuple[str, ...]) -> Problem:
        spec, rule = self.rule.spec, self.rule
        return Problem(
            alert=spec.name,
            topic=spec.topic,
            severity=rule.severity,
            alert_type=spec.alert.alert_type,
            labels=self.labels,
            value=self.value,
            summary=filled.text(rule.summary, self.labels, self.value),
            description=filled.text(rule.description, self.labels, self.value),
            wait=rule.wait,
            explains=explains,
            id=_id(spec, self.labels),
            runbook=_runbook(spec, self.labels),
        )


def _once(results: Sequence[tuple[_Rule, Vector]]) -> Iterator[_Held]:
    """What holds, each labels once: for the worst of the rules that say so."""
    found: dict[frozenset[tuple[str, str]], _Held] = {}
    for rule, vector in sorted(results, key=lambda each: _SEVERITIES.index(each[0].severity)):
        for key, value in vector.rows.items():
            labels = vector.labels(key)
            found.setdefault(frozenset(labels.items()), _Held(rule, labels, value))
    yield from found.values()


def _id(spec: Spec, labels: Mapping[str, str]) -> str:
    about = "\0".join(f"{name}\0{value}" for name, value in sorted(labels.items()) if name != "owner")
    return f"{spec.name.lower()}-{hashlib.sha256(about.encode()).hexdigest()[:8]}"


def _runbook(spec: Spec, labels: Mapping[str, str]) -> str:
    lane = "&".join(f"{name}={quote(labels.get(name, ''), safe='')}" for name in LANE if name in spec.alert.by)
    return f"{quote(spec.topic, safe='')}{f'?{lane}' if lane else ''}#{spec.name.lower()}"
