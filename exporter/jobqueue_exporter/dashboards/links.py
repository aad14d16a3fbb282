"""Links: to runbooks, and from dashboard to dashboard with what is chosen and the time kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobqueue_exporter.bundle.boards import UID
from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.dashboards.alert_list import OF_LABELS
from jobqueue_exporter.dashboards.filled import Filled
from jobqueue_exporter.dashboards.source import Source

TIME = "${__url_time_range}"


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links of dashboards; `sources` are all that there are, by name."""

    bundle: Bundle
    sources: Mapping[str, Source]

    def runbook(self, topic: str, alert: str = "") -> str:
        """The page of a topic, or the place of an alert in it."""
        return f"{self.bundle.settings.runbooks}/{topic}{f'#{alert.lower()}' if alert else ''}"

    def topic(self, alert: str) -> str:
        """Whose runbook an alert is in. Raises KeyError."""
        return {spec.name: spec.topic for spec in self.bundle.specs}[alert]

    def of_dashboard(self, source: Source) -> list[dict[str, object]]:
        """What stands at its top."""
        following = [
            _link(self.sources[name].dashboard.title, f"/d/{UID}{name}", "dashboard", keep=True,
                  tooltip=self.sources[name].dashboard.question)
            for name in source.dashboard.next
        ]  # fmt: skip
        runbooks = _link("Runbooks", self.bundle.settings.runbooks, "doc", keep=False, tooltip="What to do")
        return [*following, runbooks]

    def of_panel(self, filled: Filled) -> list[dict[str, object]]:
        """To the runbook, and to the next dashboard with variables and time."""
        panel, alert = filled.panel, filled.panel.runbook
        topic = self.topic(alert) if alert else filled.row.topic
        url = self.runbook(topic, alert or "")
        found = [_link(f"Runbook: {alert or topic}", url, "external link", keep=False, blank=True)]
        if panel.next:
            url = f"/d/{UID}{panel.next}?{TIME}&${{__all_variables}}"
            found.append(_link(self.sources[panel.next].dashboard.title, url, "dashboard", keep=False))
        return found

    def of_cell(self, source: Source, filled: Filled) -> list[dict[str, object]]:
        """From a row of a table to the next dashboard, narrowed to what the row is about."""
        if not filled.panel.next:
            return []
        dashboard = self.sources[filled.panel.next].dashboard
        keep = self.bundle.settings.alerts.keep_labels
        chosen = [
            _of_the_row(name) if name in (*keep, *filled.panel.by) else f"${{{name}:queryparam}}"
            for name in (*keep, *dashboard.variables)
            if name in (*keep, *filled.panel.by, *source.dashboard.variables)
        ]
        query = "&".join(["${datasource:queryparam}", *chosen, TIME])
        return [{"title": dashboard.title, "url": f"/d/{UID}{filled.panel.next}?{query}"}]

    def of_alert(self) -> list[dict[str, object]]:
        """From an alert in a table to its place in a runbook, with the labels of LANE that it has."""
        query = "&".join(f"{_field(name)}={_field(label)}" for label, name in OF_LABELS.items())
        where = f"?{query}" if self.bundle.settings.ours else ""
        url = f"{self.runbook(_field('topic'))}{where}#${{__data.fields.alertname}}"
        return [{"title": "Runbook", "url": url, "targetBlank": True}]


def _link(title: str, url: str, icon: str, *, keep: bool, tooltip: str = "", blank: bool = False) -> dict[str, object]:
    return {
        "title": title,
        "type": "link",
        "url": url,
        "icon": icon,
        "tooltip": tooltip,
        "tags": [],
        "asDropdown": False,
        "targetBlank": blank,
        "includeVars": keep,
        "keepTime": keep,
    }


def _of_the_row(variable: str) -> str:
    return f"var-{variable}={_field(variable)}"


def _field(name: str) -> str:
    return f"${{__data.fields.{name}:percentencode}}"
