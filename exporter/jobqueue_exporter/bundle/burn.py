"""Whether an alert on the burning of an error budget can fire at all, for each objective.

A window that wants the budget burnt `burn` times as fast as it may waits for a part `burn * (1 - objective)` of jobs to
fail. No part is more than all of them. Thresholds called burn, or burn_ and a window, say how many times too fast.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.bundle import rules
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.spec import Spec
from jobqueue_exporter.config import pattern
from jobqueue_exporter.config.types import AlertMatch, AlertRule, Config, Match, QueueRule


def problems(bundle: Bundle, config: Config) -> Iterator[str]:
    """Every window that an objective can never meet, as `queues[0].success_objective: …`."""
    for spec in _enabled(bundle):
        for name, burn in _burns(spec, bundle, None).items():
            default = QueueRule(match=Match()).success_objective
            if (part := _part(burn, default)) >= 1:
                yield f"{spec.place}: {spec.name}: {name}: {_explained(burn, part)}: the default objective is too low"
        for index, rule in enumerate(config.queues):
            for name, burn in _burns(spec, bundle, rule).items():
                if _part(burn, rule.success_objective) >= 1:
                    yield _told(index, rule, spec, name, burn)


def refusals(bundle: Bundle, config: Config) -> Iterator[str]:
    """Those of the problems that leave an alert without any window that could fire."""
    for spec in _enabled(bundle):
        for index, rule in enumerate(config.queues):
            burns = _burns(spec, bundle, rule)
            if burns and all(_part(burn, rule.success_objective) >= 1 for burn in burns.values()):
                yield from (_told(index, rule, spec, name, burn) for name, burn in burns.items())


def _told(index: int, rule: QueueRule, spec: Spec, name: str, burn: float) -> str:
    objective = rule.success_objective
    return (
        f"queues[{index}].success_objective: {objective:g}: {spec.name} could never fire by {name}: "
        f"{_explained(burn, _part(burn, objective))}; take an objective above {1 - 1 / burn:.4g}, or set "
        f"thresholds: {{{name}: …}} below {1 / (1 - objective):.4g} in alerts.rules.{spec.name} or an override of it"
    )


def _burns(spec: Spec, bundle: Bundle, queue: QueueRule | None) -> dict[str, float]:
    """How many times too fast each window wants the budget burnt, for the lanes of a rule."""
    names = [name for name in spec.alert.thresholds if name == "burn" or name.startswith("burn_")]
    if not names:
        return {}
    change = bundle.settings.alerts.rules.get(spec.name, AlertRule())
    override = next((each for each in change.overrides if queue and _covers(each.match, queue.match)), None)
    if override and override.enabled is False:
        return {}
    thresholds = rules.facts(spec, bundle.settings, override).thresholds
    return {name: thresholds[name] for name in names}


def _covers(override: AlertMatch, rule: Match) -> bool:
    """Whether all that the rule matches is matched by the override; the wildcards of the rule stand for themselves."""
    return (
        pattern.matches(override.source, rule.source)
        and pattern.matches(override.queue, rule.queue)
        and pattern.matches(override.kind, rule.kind)
    )


def _part(burn: float, objective: float) -> float:
    return round(burn * (1 - objective), 9)


def _explained(burn: float, part: float) -> str:
    return f"burning {burn:g} times too fast would need {part:.0%} of the jobs to fail"


def _enabled(bundle: Bundle) -> Iterator[Spec]:
    for spec in bundle.specs:
        enabled = bundle.settings.alerts.rules.get(spec.name, AlertRule()).enabled
        if spec.alert.enabled if enabled is None else enabled:
            yield spec
