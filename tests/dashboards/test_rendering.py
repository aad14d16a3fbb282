from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobqueue_exporter.bundle.configured import Bundle
from jobqueue_exporter.config.types import Alerts, Links
from jobqueue_exporter.dashboards import rendering, shape
from jobqueue_exporter.dashboards.colours import COLOURS, OF_VALUES
from jobqueue_exporter.dashboards.source import Source
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.model import Outcome, RecoveryState, State
from tests.dashboards.made import bundle, data, panel, source

THROUGH = "?${__url_time_range}&${__all_variables}"


# Any: a dashboard as JSON.
def made(read: Source, *others: Source, settled: Bundle | None = None) -> Any:
    return rendering.dashboard(read, [read, *others], settled or bundle())


def titled(dashboard: Any, title: str) -> Any:
    (found,) = (panel for panel in dashboard["panels"] if panel["title"] == title)
    return found


def overrides(panel: Any) -> Any:
    return panel["fieldConfig"]["overrides"]


def field(name: str) -> str:
    return f"${{__data.fields.{name}:percentencode}}"


def listing(folder: Path) -> Source:
    """With a list of alerts in place of its first panel."""
    return panel(folder, kind="alert-list", unit=None, queries=None, runbook=None)


def with_alerts(**said: Any) -> Bundle:
    """Our alerts as a configuration has them."""
    return replace(bundle(), settings=replace(bundle().settings, **said))


def test_a_dashboard_says_what_it_is(tmp_path: Path) -> None:
    found = made(source(tmp_path))
    keys = ("uid", "title", "description", "schemaVersion", "editable", "timezone", "refresh", "tags", "time")
    assert [found[key] for key in keys] == [
        "jobqueue-small",
        "Job queues / Small",
        "Is it well?",
        42,
        False,
        "browser",
        "30s",
        ["jobqueue"],
        {"from": "now-6h", "to": "now"},
    ]


def test_each_variable_is_offered_as_those_before_it_allow(tmp_path: Path) -> None:
    found = made(source(tmp_path), settled=with_alerts(alerts=Alerts(keep_labels=("cluster",))))["templating"]["list"]
    assert [(each["name"], each["query"]) for each in found] == [
        ("datasource", "prometheus"),
        ("cluster", "label_values(jobqueue_source_up, cluster)"),
        ("source", 'label_values(jobqueue_source_up{cluster=~"$cluster"}, source)'),
        ("queue", 'label_values(jobqueue_queue_info{cluster=~"$cluster", source=~"$source"}, queue)'),
        ("kind", 'label_values(jobqueue_queue_info{cluster=~"$cluster", source=~"$source", queue=~"$queue"}, kind)'),
    ]
    assert {(each["allValue"], each["multi"], each["includeAll"], each["refresh"]) for each in found[1:]} == {
        (".*", True, True, 2)
    }


def test_labels_that_tell_clusters_apart_are_in_every_query_and_legend(tmp_path: Path) -> None:
    found = made(source(tmp_path), settled=with_alerts(alerts=Alerts(keep_labels=("cluster",))))
    first = titled(found, "Waits")["targets"][0]
    assert first["legendFormat"] == "{{cluster}} {{source}} {{queue}} {{kind}}"
    assert first["expr"].startswith("max by (cluster, source, queue, kind) (")
    assert 'cluster=~"$cluster"' in first["expr"]


def test_what_others_are_held_against_is_a_dashed_line_without_fill(tmp_path: Path) -> None:
    (override,) = titled(made(source(tmp_path)), "Waits")["fieldConfig"]["overrides"]
    properties = {each["id"]: each["value"] for each in override["properties"]}
    assert override["matcher"] == {"id": "byFrameRefID", "options": "B"}
    assert properties["custom.lineStyle"]["fill"] == "dash"
    assert properties["custom.fillOpacity"] == 0
    assert properties["color"] == {"mode": "fixed", "fixedColor": "red"}


def test_thresholds_of_alerts_are_taken_from_the_alerts(tmp_path: Path) -> None:
    overrides = titled(made(source(tmp_path)), "Lanes")["fieldConfig"]["overrides"]
    (steps,) = (each["value"]["steps"] for each in overrides[0]["properties"] if each["id"] == "thresholds")
    assert steps == [
        {"color": "green", "value": None},
        {"color": "orange", "value": 100},
        {"color": "red", "value": 600},
    ]


def test_a_table_names_its_columns_and_hides_values_without_a_title(tmp_path: Path) -> None:
    table = titled(made(source(tmp_path)), "Lanes")
    merge, organize = table["transformations"]
    assert merge["id"] == "merge"
    assert organize["options"] == {
        "excludeByName": {"Time": True, "Value #B": True},
        "indexByName": {"source": 0, "queue": 1, "kind": 2, "owner": 3, "Value #A": 4},
        "renameByName": {
            "source": "Source", "queue": "Queue", "kind": "Kind", "owner": "Owner", "Value #A": "Oldest",
        },
    }  # fmt: skip
    assert [(each["instant"], each["format"]) for each in table["targets"]] == [(True, "table")] * 2
    assert table["options"]["sortBy"] == [{"displayName": "Oldest", "desc": True}]


def test_panels_link_to_their_runbook_and_to_the_next_dashboard(tmp_path: Path) -> None:
    found = titled(made(panel(tmp_path, next="other"), source(tmp_path, name="other")), "Waits")["links"]
    assert [(each["title"], each["url"]) for each in found] == [
        ("Runbook: JobQueueWaitTooLong", "http://localhost:10227/runbooks/backlog#jobqueuewaittoolong"),
        ("Small", f"/d/jobqueue-other{THROUGH}"),
    ]


def test_a_panel_without_an_alert_links_to_the_runbook_of_its_row(tmp_path: Path) -> None:
    settled = with_alerts(links=Links(runbooks="https://wiki.example/runbooks/"))
    (link,) = titled(made(source(tmp_path), settled=settled), "Lanes")["links"]
    assert link["url"] == "https://wiki.example/runbooks/backlog"


def test_rows_of_a_table_link_to_the_next_dashboard_narrowed_to_them(tmp_path: Path) -> None:
    raw = data()
    raw["rows"][0]["panels"][1] |= {"next": "other"}
    table = titled(made(source(tmp_path, raw), source(tmp_path, name="other")), "Lanes")
    links = [
        each["value"][0]["url"]
        for override in table["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "links"
    ]
    chosen = "".join(f"&var-{name}=${{__data.fields.{name}:percentencode}}" for name in ("source", "queue", "kind"))
    url = f"/d/jobqueue-other?${{datasource:queryparam}}{chosen}&${{__url_time_range}}"
    assert links == [url] * 3


def test_links_at_the_top_keep_variables_and_time(tmp_path: Path) -> None:
    found = made(source(tmp_path, {**data(), "next": ["other"]}), source(tmp_path, name="other"))["links"]
    assert [(each["url"], each["keepTime"], each["includeVars"]) for each in found] == [
        ("/d/jobqueue-other", True, True),
        ("http://localhost:10227/runbooks", False, False),
    ]


def test_firing_alerts_of_a_rows_topic_are_annotations_that_link_to_their_place_in_the_runbook(tmp_path: Path) -> None:
    (found,) = made(source(tmp_path))["annotations"]["list"]
    assert '<a href="http://localhost:10227/runbooks/backlog#{{alertname}}"' in found["textFormat"]
    expr = found["target"]["expr"]
    assert 'ALERTS{alertstate="firing", alertname=~"JobQueueWaitTooLong|JobQueueStalled|' in expr
    assert expr.endswith('source=~"$source", queue=~"$queue", kind=~"$kind"})')


def test_an_alert_list_tells_the_topic_of_each_alert_for_its_runbook(tmp_path: Path) -> None:
    table = titled(made(listing(tmp_path)), "Waits")
    assert table["type"] == "table"
    assert '"topic", "exporter", "alertname", "JobQueueExporterDown|' in table["targets"][0]["expr"]
    assert "JobQueueWatchdog" not in table["targets"][0]["expr"]


def test_it_links_to_the_place_in_the_runbook_with_the_labels_that_the_alert_has(tmp_path: Path) -> None:
    table = titled(made(listing(tmp_path)), "Waits")
    lane = [("of_source", "source"), ("of_queue", "queue"), ("of_kind", "kind")]
    query = "&".join(f"{field(of_label)}={field(label)}" for of_label, label in lane)
    ((property_,),) = (each["properties"] for each in overrides(table) if each["matcher"]["options"] == "Alert")
    url = f"http://localhost:10227/runbooks/{field('topic')}?{query}#${{__data.fields.alertname}}"
    assert property_["value"][0]["url"] == url
    assert "label_replace(" in table["targets"][0]["expr"]
    assert '"of_queue", "queue", "queue", ".+")' in table["targets"][0]["expr"]
    assert table["transformations"][1]["options"]["excludeByName"]["of_queue"]


def test_it_has_pages_first_by_a_number_and_names_the_severity(tmp_path: Path) -> None:
    table = titled(made(listing(tmp_path)), "Waits")
    assert table["options"]["sortBy"] == [{"displayName": "Severity", "desc": False}]
    (properties,) = (each["properties"] for each in overrides(table) if each["matcher"]["options"] == "Severity")
    (named, _) = next(each["value"] for each in properties if each["id"] == "mappings")
    assert {value: word["text"] for value, word in named["options"].items()} == {
        "0": "critical",
        "1": "warning",
        "2": "info",
    }


def test_alerts_of_all_topics_are_annotations_where_they_are_listed(tmp_path: Path) -> None:
    names = {each["name"] for each in made(listing(tmp_path))["annotations"]["list"]}
    assert {"Alerts: Backlog", "Alerts: The monitoring itself", "Alerts: Schedules"} <= names


def test_a_table_says_why_it_may_be_empty_in_its_description_and_not_in_its_cells(tmp_path: Path) -> None:
    raw = data()
    raw["rows"][0]["panels"][1] |= {"empty_because": "No job waits."}
    table = titled(made(source(tmp_path, raw)), "Lanes")
    assert table["description"] == "Which is worst? Empty when no job waits."
    assert "noValue" not in table["fieldConfig"]["defaults"]


def test_a_cell_without_a_value_has_no_colour(tmp_path: Path) -> None:
    (properties, *_) = (each["properties"] for each in overrides(titled(made(source(tmp_path)), "Lanes")))
    (mapping,) = next(each["value"] for each in properties if each["id"] == "mappings")
    assert mapping["options"] == {"match": "null+nan", "result": {"text": "-", "color": "transparent"}}


def test_a_label_that_is_empty_is_a_word_by_which_rows_join_and_that_links_to_everything(tmp_path: Path) -> None:
    first, second = titled(made(source(tmp_path)), "Lanes")["targets"]
    assert first["expr"].startswith("label_replace(\nlabel_replace(\nmax by (source, queue, kind) (")
    assert first["expr"].endswith('"queue", "All", "queue", ""),\n"kind", "All", "kind", "")')
    assert second["expr"].endswith('"owner", "-", "owner", "")')


def test_a_panel_that_a_variable_does_not_narrow_says_so(tmp_path: Path) -> None:
    workers = {"expr": '[= gauge("jobqueue_workers", by=[]) =]', "legend": "workers"}
    lanes = {"expr": '[= total("jobqueue_jobs", by=[]) =] [= paused() =]', "legend": "jobs"}
    found = made(panel(tmp_path, queries=[lanes, {"expr": "vector(1)", "legend": "one"}]))
    assert titled(found, "Waits")["description"] == "Does a job wait too long?"
    found = made(panel(tmp_path, queries=[lanes, workers]))
    told = "Does a job wait too long? Of all queues and kinds, whichever are chosen."
    assert titled(found, "Waits")["description"] == told


@pytest.mark.parametrize(
    ("label", "metric", "values"),
    [
        ("state", "jobqueue_jobs", {*State, "live", "stale"}),
        ("outcome", "jobqueue_jobs_finished_total", set(Outcome)),
        ("recovery_state", "jobqueue_recovery_jobs", set(RecoveryState)),
    ],
)
def test_values_that_mean_something_have_their_own_colours(
    tmp_path: Path, label: str, metric: str, values: set[str]
) -> None:
    word = "rate" if metric.endswith("_total") else "total"
    asked = {"expr": f'[= {word}("{metric}", by=["{label}"]) =]', "legend": f"{{{{{label}}}}}"}
    found = {
        each["matcher"]["options"]: each["properties"][0]["value"]["fixedColor"]
        for each in overrides(titled(made(panel(tmp_path, queries=[asked])), "Waits"))
    }
    assert found == {f"/(^| ){value}$/": COLOURS[colour] for value, colour in OF_VALUES[label].items()}
    assert OF_VALUES[label].keys() <= values


def test_rows_of_a_table_and_their_links_tell_clusters_apart(tmp_path: Path) -> None:
    raw = data()
    raw["rows"][0]["panels"][1] |= {"next": "other"}
    settled = with_alerts(alerts=Alerts(keep_labels=("cluster",)))
    table = titled(made(source(tmp_path, raw), source(tmp_path, name="other"), settled=settled), "Lanes")
    assert table["transformations"][1]["options"]["renameByName"]["cluster"] == "Cluster"
    assert table["transformations"][1]["options"]["indexByName"]["cluster"] == 0
    links = {
        each["matcher"]["options"]: each["properties"][0]["value"][0]["url"]
        for each in overrides(table)
        if each["properties"][0]["id"] == "links"
    }
    assert links.keys() == {"Cluster", "Source", "Queue", "Kind"}
    assert all(f"&var-cluster={field('cluster')}&" in url for url in links.values())


@pytest.mark.parametrize("kind", ["stat", "bar-gauge", "state-timeline", "timeseries"])
@pytest.mark.parametrize("said", [{}, {"mappings": {0: {"text": "down", "colour": "critical"}}}])
def test_every_kind_is_what_grafanas_types_say(tmp_path: Path, kind: str, said: dict[str, Any]) -> None:
    queries = [{"expr": '[= total("jobqueue_jobs", by=[]) =]', "legend": "jobs"}]
    found = made(panel(tmp_path, kind=kind, queries=queries, decimals=1, min=0, max=5, **said))
    assert list(shape.problems(found)) == []


def test_a_panel_keeps_its_id_when_another_comes_before_it(tmp_path: Path) -> None:
    raw = data()
    raw["rows"][0]["panels"].insert(0, {**raw["rows"][0]["panels"][0], "title": "New"})
    before, after = made(source(tmp_path)), made(source(tmp_path, raw))
    assert titled(before, "Waits")["id"] == titled(after, "Waits")["id"]
    assert titled(before, "Waits")["gridPos"] != titled(after, "Waits")["gridPos"]


def test_the_same_source_gives_the_same_text(tmp_path: Path) -> None:
    read = source(tmp_path)
    assert rendering.files([read], bundle()) == rendering.files([read], bundle())


def test_a_threshold_of_an_alert_that_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    raw = data()
    raw["rows"][0]["panels"][0]["thresholds"] = {"warning": "JobQueueNothing.threshold"}
    with pytest.raises(ConfigError, match=r"small\.yaml:\d+: Waits: there is no alert JobQueueNothing"):
        made(source(tmp_path, raw))
