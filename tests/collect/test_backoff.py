"""What fails is left alone, longer each time."""

from __future__ import annotations

from jobqueue_exporter.collect.backoff import Backoff


def pauses(backoff: Backoff, failures: int) -> list[float]:
    found = []
    for _ in range(failures):
        backoff.failed(0)
        found.append(backoff.remaining(0))
    return found


def test_what_never_failed_may_be_tried() -> None:
    assert Backoff().remaining(0) == 0


def test_the_pause_doubles_from_15_seconds_to_2_minutes() -> None:
    assert pauses(Backoff(), 6) == [15, 30, 60, 120, 120, 120]


def test_a_pause_passes_with_time() -> None:
    backoff = Backoff()
    backoff.failed(100)
    assert [backoff.remaining(now) for now in (100, 110, 115, 200)] == [15, 5, 0, 0]


def test_a_success_starts_over() -> None:
    backoff = Backoff()
    pauses(backoff, 4)
    backoff.reset()
    assert backoff.remaining(0) == 0
    assert pauses(backoff, 1) == [15]
