"""Extra collectors run as rarely as their cost demands."""

from __future__ import annotations

import pytest

from jobqueue_exporter.collect.cadence import Cadence


def rest(cadence: Cadence, since: float = 0) -> float:
    """Seconds after `since` at which it is due again, in tenths."""
    return next(tenth / 10 for tenth in range(10_000) if cadence.due(since + tenth / 10))


def test_the_first_run_is_due_at_once() -> None:
    assert Cadence().due(0)


@pytest.mark.parametrize(
    ("costs", "seconds"),
    [
        pytest.param([0.5], 50, id="a hundred times the cost"),
        pytest.param([0.1, 9, 0.2], 20, id="the median, not the mean"),
        pytest.param([9, 9, 9, 0.1, 0.1, 0.1, 0.2, 0.2], 10, id="of the last five"),
        pytest.param([60], 300, id="five minutes at most"),
        pytest.param([0], 0, id="what costs nothing rests not at all"),
    ],
)
def test_a_run_is_followed_by_a_rest(costs: list[float], seconds: float) -> None:
    cadence = Cadence()
    for cost in costs:
        cadence.succeeded(cost, 0)
    assert rest(cadence) == seconds


def test_failures_are_left_alone_ever_longer() -> None:
    cadence, found = Cadence(), []
    for _ in range(5):
        cadence.failed(0)
        found.append(rest(cadence))
    assert found == [15, 30, 60, 120, 120]


def test_an_expensive_one_that_fails_is_not_tried_sooner_for_it() -> None:
    cadence = Cadence()
    cadence.succeeded(2, 0)
    cadence.failed(200)
    assert rest(cadence, since=200) == 200


def test_a_success_ends_the_pause_after_failures() -> None:
    cadence = Cadence()
    cadence.failed(0)
    cadence.failed(0)
    cadence.succeeded(0.1, 0)
    assert rest(cadence) == 10
