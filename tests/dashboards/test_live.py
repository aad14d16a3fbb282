"""Every query of every dashboard, as Grafana would send it to a Prometheus that scrapes us."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.bundle import configured
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.dashboards import rendering, sources
from jobqueue_exporter.dashboards.source import SITUATIONS
from tests.dashboards.situations import WHERE, Watched, watched
from tests.deadline import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

GRAFANA = Path(__file__).resolve().parents[2] / "grafana"
SPANS = {"__rate_interval": "15s", "__interval": "5s", "__range": "60s"}
SHOWN_SECONDS = 60.0
# Labels that are empty where a source has none such, and that Prometheus then leaves out.
MAY_BE_EMPTY = {"queue", "kind", "owner", "version"}
NEVER = 31536000.0
SHARE = (0.0, 1.0)
# Nobody believes a wait of fifty years: between what values of a unit lie.
OF_UNITS = {"s": (-60.0, NEVER), "percentunit": (-1000.0, 1000.0), "short": (0.0, 1e6), "ops": (0.0, 1e4)}
# The same of panels in a situation, or of a column of a table.
OF_PANELS = {
    ("Schedules", "services", "Of its interval"): (1.9, 10.0),
    ("Schedules", "services", "Last success ago"): (3500.0, 7200.0),
    ("Time since the last success", "services", ""): (1800.0, 7200.0),
    ("Nobody at work", "steady", ""): (0.0, 0.0),
    ("Nobody at work", "no-workers", ""): (1.0, 1.0),
    ("Time to drain", "no-workers", ""): (NEVER, NEVER),
    ("Slots taken", "steady", ""): SHARE,
    ("Waits that met their objective", "steady", ""): SHARE,
    ("Jobs that succeeded", "steady", ""): SHARE,
    ("Lanes", "steady", "In time"): SHARE,
    ("Lanes", "steady", "Succeeded"): SHARE,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a panel in one situation."""

    dashboard: str
    panel: str
    situation: str
    expr: str
    instant: bool
    legend: str
    column: str
    unit: str

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel} ({self.situation}): {self.expr}"


@dataclass(frozen=True, slots=True)
class Series:
    """What a query gave: the labels, and the last value."""

    labels: Mapping[str, str]
    value: float


Answers = Mapping[Asked, list[Series]]


def _dashboards() -> dict[str, Any]:
    """Each dashboard by its name, as Grafana reads it."""
    files = rendering.files(sources.of(GRAFANA), configured.bundle(Config(sources=())))
    return {Path(name).stem: json.loads(text) for name, text in files.items() if name.endswith(".json")}


def _asked() -> Iterator[Asked]:
    """All of them, taken from what is rendered."""
    rendered = _dashboards()
    for source in sources.of(GRAFANA):
        written = [panel for _, _, _, panel in source.panels()]
        made = [panel for panel in rendered[source.name]["panels"] if panel["type"] != "row"]
        for of, panel in zip(written, made, strict=True):
            for number, target in enumerate(panel["targets"]):
                query = of.queries[number] if of.queries else None  # an alert-list has its own
                column, unit = (query.column or "", query.unit or of.unit or "") if query else ("", "")
                for situation in of.shows_in:
                    expr, instant, legend = (
                        _filled(target["expr"], situation),
                        target["instant"],
                        target["legendFormat"],
                    )
                    yield Asked(source.name, of.title, situation, expr, instant, legend, column, unit)


def _filled(expr: str, situation: str) -> str:
    """The expression with its variables filled in: the sources of a situation, and everything of these."""
    chosen = {**SPANS, "source": f"({WHERE[situation]})", "queue": ".*", "kind": ".*"}
    return re.sub(r"\$\{?(\w+)\}?", lambda found: chosen[found[1]], expr)


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("dashboards")) as everything:
        yield everything


@pytest.fixture(scope="module")
def answers(alive: Watched) -> Answers:
    """The series that each query gives, once all give something that may be or time is up."""
    found: dict[Asked, list[Series]] = {asked: [] for asked in _asked()}

    def all_answered() -> bool:
        waiting = [asked for asked, series in found.items() if not series or _absurd(asked, series)]
        found.update({asked: _series(alive, asked) for asked in waiting})
        return not waiting

    with suppress(AssertionError):  # the test says which
        until(all_answered, seconds=150)
    return found


def _series(alive: Watched, asked: Asked) -> list[Series]:
    if asked.instant:
        result: list[Any] = alive.prometheus.asked("query", query=asked.expr)
    else:
        now = time.time()
        span = {"start": f"{now - SHOWN_SECONDS}", "end": f"{now}", "step": "1"}
        result = alive.prometheus.asked("query_range", query=asked.expr, **span)
    return [Series(each["metric"], float((each.get("value") or each["values"][-1])[1])) for each in result]


def _absurd(asked: Asked, found: list[Series]) -> list[Series]:
    """The series whose value cannot be; NaN is no value."""
    bounds = OF_PANELS.get((asked.panel, asked.situation, asked.column)) or OF_UNITS.get(asked.unit)
    low, high = bounds or (-math.inf, math.inf)
    return [each for each in found if not math.isnan(each.value) and not low <= each.value <= high]


def test_every_query_shows_something_where_it_should(answers: Answers) -> None:
    assert [str(asked) for asked, series in answers.items() if not series] == []


def test_every_value_may_be(answers: Answers) -> None:
    assert {str(asked): found for asked, series in answers.items() if (found := _absurd(asked, series))} == {}


def test_every_panel_whose_values_are_known_is_there() -> None:
    assert {(asked.panel, asked.situation, asked.column) for asked in _asked()} >= OF_PANELS.keys()


def test_a_lane_without_a_kind_is_a_row_of_a_table(alive: Watched) -> None:
    panels = _dashboards()["dead-letters"]["panels"]
    (expr,) = (panel["targets"][0]["expr"] for panel in panels if panel["title"] == "Kinds")
    row = {"source": "access", "queue": "access", "kind": "All"}
    query = _filled(expr, "services")
    until(lambda: row in [each["metric"] for each in alive.prometheus.asked("query", query=query)], seconds=60)


def test_every_label_of_a_legend_is_there(answers: Answers) -> None:
    missing = {
        f"{asked}: {label}"
        for asked, series in answers.items()
        for label in set(re.findall(r"\{\{\s*(\w+)\s*\}\}", asked.legend)) - MAY_BE_EMPTY
        if any(label not in each.labels for each in series)
    }
    assert missing == set()


def test_every_situation_is_looked_at() -> None:
    assert {asked.situation for asked in _asked()} == set(SITUATIONS) == set(WHERE)


def test_every_variable_offers_something(alive: Watched) -> None:
    asked = {
        (_filled(found[1], "all"), found[2])
        for dashboard in _dashboards().values()
        for variable in dashboard["templating"]["list"]
        if (found := re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]))
    }
    assert {label for _, label in asked} == {"source", "queue", "kind"}
    until(lambda: not [each for each in asked if not _offered(alive, *each)], seconds=60)


def _offered(alive: Watched, selector: str, label: str) -> bool:
    return any(label in each for each in alive.prometheus.asked("series", **{"match[]": selector}))
