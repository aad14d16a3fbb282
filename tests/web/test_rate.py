"""The limit on how many requests are let in."""

from __future__ import annotations

import pytest

from jobqueue_exporter.web.rate import Bucket, seconds


def test_a_burst_is_let_in_at_once_and_then_one_each_interval() -> None:
    bucket = Bucket(interval=2.0, burst=2)
    admitted = [bucket.admits(now) for now in (0.0, 0.0, 0.0, 1.0, 2.0, 2.0, 100.0, 100.0, 100.0)]
    assert admitted == [True, True, False, False, True, False, True, True, False]


def test_without_a_burst_nobody_is_let_in() -> None:
    bucket = Bucket(interval=1.0, burst=0)
    assert not any(bucket.admits(now) for now in (0.0, 1.0, 60.0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1s", 1.0), ("1m30s", 90.0), ("500ms", 0.5), ("1.5h", 5400.0), ("0", 0.0), ("0s", 0.0)],
)
def test_durations_are_read_as_go_writes_them(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "1", "5 s", "s", "1d", "-1s", "1s ", "one"])
def test_anything_else_is_no_duration(text: str) -> None:
    assert seconds(text) is None
