"""Whether each window of an alert on the burning of an error budget can fire at all, for each objective.

A window that wants the budget burnt `burn` times as fast as it may waits for a part `burn * (1 - objective)` of jobs to
fail. No part is more than all of them. Thresholds called burn, or burn_ and a window, say how many times too fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobqueue_exporter.bundle import rules
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.spec import Spec
from jobqueue_exporter.config import pattern
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Config, Match, QueueRule

_DEFAULT = QueueRule(match=Match())


def problems(bundle: Bundle, config: Config) -> Iterator[str]:
    """Every window that an objective can never meet, as `<where it is said>: …`: the threshold, where the configuration
    says one that would not do with the objective there is by default, else the objective. Raises ConfigError."""
    yield from dict.fromkeys(window.problem() for window in _windows(bundle, config) if window.part >= 1)


@dataclass(frozen=True, slots=True)
class _Objective:
    """The objective of the lanes that match, and which of the rules of the configuration says so; None: no one."""

    match: Match
    value: float
    index: int | None

    @property
    def default(self) -> bool:
        return self.value == _DEFAULT.success_objective


@dataclass(frozen=True, slots=True)
class _Window:
    """A window of an alert where an override matches, or none, and the objective of these lanes."""

    spec: Spec
    change: AlertRule
    override: AlertOverride | None
    objective: _Objective
    name: str
    burn: float

    @property
    def part(self) -> float:
        """The part of the jobs that must fail."""
        return _part(self.burn, self.objective.value)

    def problem(self) -> str:
        """Why it can never fire, and the way out."""
        name, objective = self.name, self.objective
        why = f"burning {self.burn:g} times too fast would need {self.part:.0%} of the jobs to fail"
        below = f"below {1 / (1 - objective.value):.4g}"
        said = self._said()
        if self._by_threshold(said):
            where = said or f"{self.spec.place}: {self.spec.name}: threshold {name}"
            whose = "the default" if objective.default else f"of queues[{objective.index}]"
            return (
                f"{where}: {self.burn:g}: {self.spec.name} could never fire by it: {why}, as success_objective is "
                f"{objective.value:g} ({whose}); take one {below}"
            )
        return (
            f"queues[{objective.index}].success_objective: {objective.value:g}: {self.spec.name} could never fire by "
            f"{name}: {why}; take an objective above {1 - 1 / self.burn:.4g}, or set "
            f"thresholds: {{{name}: …}} {below} in alerts.rules.{self.spec.name} or an override of it"
        )

    def _by_threshold(self, said: str) -> bool:
        """Whether it is the threshold that is to be mended rather than the objective."""
        usual = float(self.spec.alert.thresholds[self.name])
        return self.objective.default or (bool(said) and _part(usual, self.objective.value) < 1)

    def _said(self) -> str:
        """Where the configuration says the threshold; empty where it is that of the spec."""
        rule = f"alerts.rules.{self.spec.name}"
        if self.override and self.name in self.override.thresholds:
            return f"{rule}.overrides[{self.change.overrides.index(self.override)}].thresholds.{self.name}"
        return f"{rule}.thresholds.{self.name}" if self.name in self.change.thresholds else ""


def _windows(bundle: Bundle, config: Config) -> Iterator[_Window]:
    """Each window of each alert that is on, with each objective that it meets."""
    objectives = _objectives(config.queues)
    for spec in bundle.specs:
        change = bundle.settings.alerts.rules.get(spec.name, AlertRule())
        names = [name for name in spec.alert.thresholds if name == "burn" or name.startswith("burn_")]
        if not names or not (spec.alert.enabled if change.enabled is None else change.enabled):
            continue
        for override, objective in _pairs(change, objectives):
            burns = rules.facts(spec, bundle.settings, override).thresholds
            yield from (_Window(spec, change, override, objective, name, burns[name]) for name in names)


def _objectives(queues: Sequence[QueueRule]) -> list[_Objective]:
    """Those of the rules, then that of the lanes that no rule is for; without those that an earlier one leaves none."""
    found: list[_Objective] = []
    for index, rule in enumerate([*queues, _DEFAULT]):
        if not any(_covers(other.match, rule.match) for other in found):
            found.append(_Objective(rule.match, rule.success_objective, index if index < len(queues) else None))
    return found


def _pairs(change: AlertRule, objectives: Sequence[_Objective]) -> Iterator[tuple[AlertOverride | None, _Objective]]:
    """Which objective meets which thresholds, as far as patterns tell that all lanes of the one are among those of the
    other."""
    found: list[tuple[AlertOverride | None, _Objective]] = []
    for objective in objectives:
        narrowing = (each for each in change.overrides if _covers(each.match, objective.match))
        found.append((next(narrowing, None), objective))
    for override in change.overrides:
        if whole := next((each for each in objectives if _covers(each.match, override.match)), None):
            found.append((override, whole))
    for index, pair in enumerate(found):
        if pair not in found[:index] and (pair[0] is None or pair[0].enabled is not False):
            yield pair


def _covers(wider: AlertMatch | Match, other: AlertMatch | Match) -> bool:
    """Whether the one matches all that the other does; the wildcards of the other stand for themselves."""
    return (
        pattern.matches(wider.source, other.source)
        and pattern.matches(wider.queue, other.queue)
        and pattern.matches(wider.kind, other.kind)
    )


def _part(burn: float, objective: float) -> float:
    return round(burn * (1 - objective), 9)
