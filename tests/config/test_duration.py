from __future__ import annotations

import pytest

from jobqueue_exporter.config import duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("500ms", 0.5),
        ("5s", 5),
        ("1.5s", 1.5),
        ("10m", 600),
        ("2h", 7200),
        ("1d", 86_400),
        ("007s", 7),
        ("5", 5),
        (" 5s ", 5),
        (5, 5),
        (0.25, 0.25),
        ("3650d", 315_360_000),
    ],
)
def test_a_duration_is_so_many_seconds(written: object, seconds: float) -> None:
    assert duration.seconds(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["", "s", "5x", "5 s", "-5s", "5S", "1h30m", "5s\n5s", ".5s", "\u0665s", -1, True, None, [], float("inf"), 1e12],
)
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="expected a duration such as 500ms, 5s, 10m, 2h or 1d"):
        duration.seconds(written, zero=True)


@pytest.mark.parametrize("written", [0, 0.0, "0s", "0", "0.0ms"])
def test_zero_is_allowed_only_where_it_means_something(written: object) -> None:
    assert duration.seconds(written, zero=True) == 0
    with pytest.raises(ValueError, match="more than 0"):
        duration.seconds(written)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.5, "500ms"), (5, "5s"), (90, "90s"), (300, "5m"), (3600, "1h"), (86_400, "1d"), (0.0015, "0.0015s")],
)
def test_the_text_of_a_duration_is_the_shortest_that_says_it(seconds: float, text: str) -> None:
    assert duration.text(seconds) == text
    assert duration.seconds(text) == seconds
