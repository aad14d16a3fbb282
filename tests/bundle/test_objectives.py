from __future__ import annotations

import pytest

from jobqueue_exporter.bundle import burn, specs
from jobqueue_exporter.config.types import Config, Match, QueueRule
from tests.bundle.made import bundle

OURS = bundle(*(each for each in specs.ours() if each.topic == "objectives"))


def config(objective: float) -> Config:
    return Config(sources=(), queues=(QueueRule(match=Match(), success_objective=objective),))


def test_the_windows_of_our_alerts_that_an_objective_of_0_9_can_never_meet_are_told() -> None:
    told = [problem.partition(": burning")[0] for problem in burn.problems(OURS, config(0.9))]
    assert told == [
        "queues[0].success_objective: 0.9: JobQueueWaitBurnFast could never fire by burn_1h",
        "queues[0].success_objective: 0.9: JobQueueSuccessBurnFast could never fire by burn_1h",
    ]


@pytest.mark.parametrize(("objective", "count"), [(0.9306, 0), (0.9305, 2), (0.84, 2), (0.83, 4), (0.6, 6), (0, 8)])
def test_the_lower_an_objective_the_more_windows_are_told(objective: float, count: int) -> None:
    assert len(list(burn.problems(OURS, config(objective)))) == count
