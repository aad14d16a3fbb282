"""What several collectors know of the same dead letters."""

from __future__ import annotations

from jobqueue_exporter.collect.together import together
from jobqueue_exporter.model import Cause, DeadLetters, Facts, Lane

A, B, C = Lane("a"), Lane("b"), Lane("c")


def test_dead_letters_of_a_lane_are_filled_up_from_every_part() -> None:
    causes = Facts(
        dead_letters={
            A: DeadLetters(causes={Cause.UNKNOWN: 2}, attempts_average=1.0, recent={"24h": 9}),
            B: DeadLetters(causes={Cause.UNKNOWN: 1}),
        }
    )
    numbers = Facts(
        dead_letters={A: DeadLetters(causes={}, recent={"24h": 1}), C: DeadLetters(causes={}, attempts_average=3.0)}
    )
    assert together([causes, numbers]).dead_letters == {
        A: DeadLetters(causes={Cause.UNKNOWN: 2}, attempts_average=1.0, recent={"24h": 1}),
        B: DeadLetters(causes={Cause.UNKNOWN: 1}),
        C: DeadLetters(causes={}, attempts_average=3.0),
    }


def test_dead_letters_that_one_part_alone_knows_stay_as_they_are() -> None:
    known = Facts(dead_letters={A: DeadLetters(causes={})})
    assert together([known, Facts()]).dead_letters == known.dead_letters
    assert together([Facts(), known]).dead_letters == known.dead_letters
    assert together([Facts(), Facts()]).dead_letters is None
