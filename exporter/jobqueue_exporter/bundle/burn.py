"""Whether an alert on the burning of an error budget can fire at all, for each objective.

A window that wants the budget burnt `burn` times as fast as it may waits for a part `burn * (1 - objective)` of jobs to
fail. No part is more than all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.bundle import rules
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.bundle.spec import Spec
from jobqueue_exporter.config.types import AlertRule, Config, Match, QueueRule

BURN = "burn"
"""The threshold of an alert that says how many times too fast a budget is burnt."""


def problems(bundle: Bundle, config: Config) -> Iterator[str]:
    """Every pair of alert and objective that can never meet, as `queues[0].success_objective: …`."""
    for spec in bundle.specs:
        if BURN not in spec.alert.thresholds:
            continue
        burn = rules.facts(spec, bundle.settings).thresholds[BURN]
        if (part := _part(burn, QueueRule(match=Match()).success_objective)) >= 1:
            yield f"{spec.place}: {spec.name}: {_explained(burn, part)}; the default objective can never be missed so"
        for index, rule in enumerate(config.queues):
            if (part := _part(burn, rule.success_objective)) >= 1 and _wanted(spec, bundle):
                yield (
                    f"queues[{index}].success_objective: {rule.success_objective:g}: {spec.name} could never fire: "
                    f"{_explained(burn, part)}; take an objective above {1 - 1 / burn:.4g}, or set "
                    f"alerts.rules.{spec.name}.thresholds.{BURN} below {1 / (1 - rule.success_objective):.4g}"
                )


def _part(burn: float, objective: float) -> float:
    return round(burn * (1 - objective), 9)


def _explained(burn: float, part: float) -> str:
    return f"burning {burn:g} times too fast would need {part:.0%} of the jobs to fail"


def _wanted(spec: Spec, bundle: Bundle) -> bool:
    enabled = bundle.settings.alerts.rules.get(spec.name, AlertRule()).enabled
    return spec.alert.enabled if enabled is None else enabled
