"""Every query of every dashboard, as Grafana would send it to a Prometheus that scrapes us."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of a panel in one situation."""

    dashboard: str
    panel: str
    situation: str
    expr: str
    instant: bool
    legend: str

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel} ({self.situation}): {self.expr}"


def _dashboards() -> dict[str, Any]:
    """Each dashboard by its name, as Grafana reads it."""
    files = rendering.files(sources.of(GRAFANA), configured.bundle(Config(sources=())))
    return {Path(name).stem: json.loads(text) for name, text in files.items() if name.endswith(".json")}


def _asked() -> Iterator[Asked]:
    """All of them, taken from what is rendered."""
    rendered = _dashboards()
    for source in sources.of(GRAFANA):
        shows = {panel.title: panel.shows_in for _, _, _, panel in source.panels()}
        for panel in rendered[source.name]["panels"]:
            for target in panel.get("targets", ()):
                for situation in shows[panel["title"]]:
                    expr = _filled(target["expr"], WHERE[situation])
                    yield Asked(source.name, panel["title"], situation, expr, target["instant"], target["legendFormat"])


def _filled(expr: str, where: str) -> str:
    """The expression with its variables filled in: the sources of a situation, and everything of these."""
    chosen = {**SPANS, "source": f"({where})", "queue": ".*", "kind": ".*"}
    return re.sub(r"\$\{?(\w+)\}?", lambda found: chosen[found[1]], expr)


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("dashboards")) as everything:
        yield everything


@pytest.fixture(scope="module")
def answers(alive: Watched) -> Mapping[Asked, list[dict[str, str]]]:
    """The labels of the series that each query gives, once all give something or time is up."""
    found: dict[Asked, list[dict[str, str]]] = dict.fromkeys(_asked(), [])

    def all_answered() -> bool:
        for each in [asked for asked, series in found.items() if not series]:
            found[each] = _series(alive, each)
        return all(found.values())

    try:
        until(all_answered, seconds=150)
    except AssertionError:
        pass  # the test says which
    return found


def _series(alive: Watched, asked: Asked) -> list[dict[str, str]]:
    if asked.instant:
        result: list[Any] = alive.prometheus.asked("query", query=asked.expr)
    else:
        now = time.time()
        span = {"start": f"{now - SHOWN_SECONDS}", "end": f"{now}", "step": "1"}
        result = alive.prometheus.asked("query_range", query=asked.expr, **span)
    return [each["metric"] for each in result]


def test_every_query_shows_something_where_it_should(answers: Mapping[Asked, list[dict[str, str]]]) -> None:
    assert [str(asked) for asked, series in answers.items() if not series] == []


def test_every_label_of_a_legend_is_there(answers: Mapping[Asked, list[dict[str, str]]]) -> None:
    missing = {
        f"{asked}: {label}"
        for asked, series in answers.items()
        for label in set(re.findall(r"\{\{\s*(\w+)\s*\}\}", asked.legend)) - MAY_BE_EMPTY
        if any(label not in each for each in series)
    }
    assert missing == set()


def test_every_situation_is_looked_at() -> None:
    assert {asked.situation for asked in _asked()} == set(SITUATIONS) == set(WHERE)


def test_every_variable_offers_something(alive: Watched) -> None:
    for name, dashboard in _dashboards().items():
        for variable in dashboard["templating"]["list"]:
            if found := re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]):
                selector = _filled(found[1], ".*")
                series = alive.prometheus.asked("series", **{"match[]": selector})
                assert any(found[2] in each for each in series), f"{name}: {variable['name']}"
