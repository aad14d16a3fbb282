"""How long a request waits for the sources."""

from __future__ import annotations

import pytest

from jobqueue_exporter.web.deadline import patience


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("10", 6.0),
        ("6.2", 5.7),
        ("3", 2.5),
        ("1", 0.8),
        ("0.1", 0.08),
        ("1e308", 6.0),
        (None, 6.0),
    ],
)
def test_a_request_waits_for_our_limit_or_until_shortly_before_the_scraper_gives_up(
    header: str | None, seconds: float
) -> None:
    assert patience(header, 6.0) == pytest.approx(seconds)


@pytest.mark.parametrize("header", ["", "soon", "-1", "0", "nan", "inf", "-inf", "1,2", "0x10", "9" * 400])
def test_a_header_that_is_no_time_is_ignored(header: str) -> None:
    assert patience(header, 6.0) == 6.0
