from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.bundle import runbooks
from jobqueue_exporter.dashboards.references import References
from jobqueue_exporter.dashboards.source import Source
from tests.dashboards.made import bundle, data, panel, source

BY = ["source", "queue", "kind"]
EXPR = '[= gauge("jobqueue_oldest_pending_age_seconds") =]'
COLUMN = {"expr": EXPR, "column": "Oldest", "unit": "s"}


def told(*sources: Source) -> list[str]:
    """What is said of the first, without its places."""
    found = References(sources, bundle(), runbooks.pages(bundle())).problems(sources[0])
    return [problem.partition(": ")[2] for problem in found]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"runbook": "JobQueueNothing"}, "there is no alert JobQueueNothing"),
        ({"next": "nothing"}, "there is no dashboard nothing"),
        ({"next": "small"}, "this is the dashboard itself"),
        ({"unit": None}, "the unit is missing"),
        ({"unit": "furlongs"}, "Grafana has no unit furlongs"),
        ({"queries": []}, "there are no queries"),
        ({"by": BY}, "`by` is for a table; this is a timeseries"),
        ({"kind": "stat", "stacked": True}, "`stacked` is for a timeseries; this is a stat"),
        ({"kind": "stat"}, "`as` is for a timeseries; this is a stat"),
        ({"kind": "heatmap"}, "a heatmap has one query"),
        ({"kind": "alert-list"}, "an alert-list has queries of its own"),
        ({"shows_in": []}, "say why in `empty_because`"),
        ({"queries": [{**COLUMN, "legend": "x"}]}, "`column` of a query is for a table"),
        ({"kind": "table", "queries": [COLUMN]}, "a table needs `by`"),
        ({"kind": "table", "by": BY, "queries": [COLUMN, COLUMN]}, "the title Oldest is there twice"),
        ({"kind": "table", "by": BY, "queries": [{**COLUMN, "legend": "x"}]}, "a table has no legend"),
        ({"kind": "table", "by": BY, "queries": [COLUMN], "sort": "-Age"}, "there is no column Age"),
        ({"kind": "table", "by": BY, "unit": None, "queries": [{"expr": EXPR, "column": "A"}]},
         "the column A has no unit"),
    ],
)  # fmt: skip
def test_what_a_panel_names_must_be_there_and_be_of_its_kind(
    tmp_path: Path, changed: dict[str, Any], expected: str
) -> None:
    found = told(panel(tmp_path, **changed))
    assert any(expected in each for each in found), found


def test_a_panel_is_told_with_its_line(tmp_path: Path) -> None:
    read = panel(tmp_path, runbook="JobQueueNothing")
    (problem,) = References([read], bundle(), runbooks.pages(bundle())).problems(read)
    line = Path(read.file).read_text().splitlines().index("    runbook: JobQueueNothing") + 1
    assert problem == f"{tmp_path}/small.yaml:{line}: Waits: there is no alert JobQueueNothing"


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("variables", ["queue", "source"], "each once, and in the order source, queue, kind"),
        ("variables", ["source", "source"], "each once, and in the order source, queue, kind"),
        ("next", ["nothing"], "there is no dashboard nothing"),
        ("rows", [], "there are none"),
    ],
)
def test_what_is_wrong_with_a_dashboard_is_told(tmp_path: Path, key: str, value: object, expected: str) -> None:
    assert told(source(tmp_path, {**data(), key: value})) == [expected]


def test_what_is_wrong_with_a_row_is_told(tmp_path: Path) -> None:
    raw = data()
    raw["rows"].append({"title": "Waiting", "topic": "nothing", "panels": []})
    first, second, third = told(source(tmp_path, raw))
    assert first == "the title Waiting is there twice"
    assert second.startswith("there is no runbook nothing; there are backlog, workers")
    assert third == "the row Waiting has no panels"


def test_two_panels_of_a_row_have_two_titles(tmp_path: Path) -> None:
    raw = data()
    raw["rows"][0]["panels"][1]["title"] = "Waits"
    assert told(source(tmp_path, raw)) == ["the title Waits is there twice"]


def test_another_dashboard_may_be_next(tmp_path: Path) -> None:
    other = source(tmp_path, name="other")
    assert told(panel(tmp_path, next="other"), other) == []
