"""A source that is read at too high a cost is reported, once that is certain."""

from __future__ import annotations

from jobqueue_exporter.collect.budget import Budget


def readings(every: float, cost: float, count: int, start: float = 0) -> Budget:
    budget = Budget()
    for index in range(count):
        budget.spent(start + index * every, cost)
    return budget


def test_nothing_is_said_before_enough_is_known() -> None:
    assert Budget().over(0.01) is None
    assert readings(every=300, cost=100, count=3).over(0.01) is None
    assert readings(every=1, cost=1, count=50).over(0.01) is None


def test_cost_is_weighed_against_the_time_between_readings() -> None:
    assert readings(every=15, cost=0.14, count=6).over(0.01) is False
    assert readings(every=15, cost=0.16, count=6).over(0.01) is True


def test_readings_five_minutes_apart_are_weighed_too() -> None:
    assert readings(every=300, cost=3.1, count=4).over(0.01) is True


def test_a_source_that_grew_cheap_again_is_cleared() -> None:
    budget = readings(every=15, cost=5, count=20)
    assert budget.over(0.01) is True
    for index in range(21):
        budget.spent(300 + 15 * index, 0.01)
    assert budget.over(0.01) is False
