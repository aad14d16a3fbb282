"""Which minutes are counted again."""

from __future__ import annotations

import pytest

from jobqueue_exporter.engines.sql.minutes import LONGEST_WINDOW_SECONDS, Span, span

NOW = 1_763_800_055.5
MINUTE = NOW // 60 * 60


@pytest.mark.parametrize(
    ("since", "late_commit", "start"),
    [
        pytest.param(None, 300.0, MINUTE - 300, id="the first time"),
        pytest.param(NOW - 15, 300.0, MINUTE - 300, id="a scrape later"),
        pytest.param(NOW - 1200, 300.0, MINUTE - 1500, id="after an outage"),
        pytest.param(NOW - 86_400, 300.0, MINUTE - 300 - LONGEST_WINDOW_SECONDS, id="after a long outage"),
        pytest.param(NOW + 500, 300.0, MINUTE - 300, id="after the clock was set back"),
        pytest.param(NOW - 15, 7200.0, MINUTE - 7200, id="where commits come very late"),
        pytest.param(NOW, 1.0, MINUTE, id="where none comes late"),
    ],
)
def test_a_span_is_whole_minutes_up_to_now(since: float | None, late_commit: float, start: float) -> None:
    assert span(NOW, since, late_commit) == Span(start, NOW)
