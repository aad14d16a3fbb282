"""Every file that `make dashboards` writes, by its path in the folder of Grafana."""

from __future__ import annotations

import json
from collections.abc import Sequence

from jobqueue_exporter.bundle import written
from jobqueue_exporter.bundle.boards import UID
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.dashboards import filled, firing, layout, panels, variables
from jobqueue_exporter.dashboards.layout import Spot, panel_id
from jobqueue_exporter.dashboards.links import Links
from jobqueue_exporter.dashboards.source import Source
from jobqueue_exporter.dashboards.words import Words
from jobqueue_exporter.errors import ConfigError

Data = dict[str, object]
TAG = "jobqueue"
SCHEMA_VERSION = 42
_NOT_NEEDED = "# Only for a Grafana that has no data source for Prometheus yet: every dashboard lets you choose one.\n"
_DASHBOARDS = "/var/lib/grafana/dashboards/jobqueue"


def files(sources: Sequence[Source], bundle: Bundle) -> dict[str, str]:
    """The text of each file. Raises ConfigError with all that cannot be rendered."""
    made: dict[str, str] = {}
    problems: list[str] = []
    for source in sources:
        try:
            text = json.dumps(dashboard(source, sources, bundle), indent=2, ensure_ascii=False)
        except ConfigError as error:
            problems += error.problems
            continue
        made[f"dashboards/{source.name}.json"] = f"{text}\n"
    if problems:
        raise ConfigError(*problems)
    made["provisioning/dashboards/jobqueue.yaml"] = written.text(_provider(), by="dashboards render")
    made["provisioning/datasources/jobqueue.yaml"] = _NOT_NEEDED + written.text(_datasource(), by="dashboards render")
    return made


def dashboard(source: Source, sources: Sequence[Source], bundle: Bundle) -> Data:
    """One dashboard. Raises ConfigError."""
    links = Links(bundle, {each.name: each for each in sources})
    words = Words(bundle, source.dashboard.variables)
    return {
        "uid": f"{UID}{source.name}",
        "title": f"Job queues / {source.dashboard.title}",
        "description": source.dashboard.question,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "timezone": "browser",
        "refresh": "30s",
        "graphTooltip": 1,
        "time": {"from": "now-6h", "to": "now"},
        "timepicker": {},
        "links": links.of_dashboard(source),
        "templating": {"list": variables.variables(words)},
        "annotations": {"list": firing.annotated(source, words, links)},
        "panels": _panels(source, links),
    }


def _panels(source: Source, links: Links) -> list[Data]:
    made: list[Data] = []
    problems: list[str] = []
    all_filled = filled.panels(source, links.bundle)
    top = 0
    for at, row in enumerate(source.dashboard.rows):
        made.append(panels.row(row.title, panel_id(source.name, row.title), Spot(0, top, layout.COLUMNS, 1)))
        spots = layout.spots(row.panels, top)
        for each, spot in zip((one for one in all_filled if one.where[1] == at), spots, strict=True):
            number = panel_id(source.name, row.title, each.panel.title)
            try:
                made.append(panels.panel(source, each, number, spot, links))
            except (KeyError, ValueError) as error:
                problems.append(f"{source.place(*each.where)}: {each.panel.title}: {error}")
        top = layout.bottom(spots, top)
    if problems:
        raise ConfigError(*problems)
    return made


def _provider() -> Data:
    return {
        "apiVersion": 1,
        "providers": [
            {
                "name": TAG,
                "folder": "Job queues",
                "type": "file",
                "allowUiUpdates": False,
                "updateIntervalSeconds": 30,
                "options": {"path": _DASHBOARDS},
            }
        ],
    }


def _datasource() -> Data:
    return {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Prometheus (jobqueue)",
                "uid": "jobqueue-prometheus",
                "type": "prometheus",
                "access": "proxy",
                "url": "http://localhost:9090",
                "isDefault": False,
                "jsonData": {"httpMethod": "POST", "timeInterval": "15s"},
            }
        ],
    }
