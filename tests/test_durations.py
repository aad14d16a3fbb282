from __future__ import annotations

import pytest

from jobqueue_exporter.durations import human


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0s"),
        (0.0004, "1ms"),
        (0.5, "500ms"),
        (0.9999, "999ms"),
        (1, "1s"),
        (59.99, "59s"),
        (60, "1m"),
        (125, "2m 5s"),
        (3600, "1h"),
        (3659, "1h"),
        (11_400, "3h 10m"),
        (345_600, "4d"),
        (360_000, "4d 4h"),
        (400 * 86_400, "400d"),
        (-90, "-1m 30s"),
        (-0.25, "-250ms"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert human(seconds) == said
