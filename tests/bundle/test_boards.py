from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from jobqueue_exporter.bundle import boards, rules
from jobqueue_exporter.bundle.rules import Rule, Settings
from jobqueue_exporter.bundle.spec import TOPICS, Spec
from jobqueue_exporter.config.types import Alerts, Links
from tests.bundle.made import spec

GRAFANA = Settings(links=Links(grafana="https://grafana.example/sub/"))


def made(of: Spec, settings: Settings) -> list[Rule]:
    return list(rules.of(of, settings))


def dashboard(rule: Rule) -> str:
    annotations = rule["annotations"]
    assert isinstance(annotations, dict)
    return str(annotations.get("dashboard_url", ""))


def test_without_a_grafana_no_alert_links_to_a_dashboard() -> None:
    assert [dashboard(rule) for rule in made(spec(), Settings())] == ["", ""]


def test_an_alert_links_to_the_dashboard_of_its_topic_narrowed_to_its_lane_over_the_last_hours() -> None:
    (link,) = {dashboard(rule) for rule in made(spec(), GRAFANA)}
    assert link == (
        "https://grafana.example/sub/d/jobqueue-queue?var-source={{ $labels.source | urlquery }}"
        "&var-queue={{ $labels.queue | urlquery }}&var-kind={{ $labels.kind | urlquery }}&from=now-6h&to=now"
    )


def test_labels_that_tell_clusters_apart_are_in_the_link() -> None:
    settings = replace(GRAFANA, alerts=Alerts(keep_labels=("cluster",)))
    (link,) = {dashboard(rule) for rule in made(spec(), settings)}
    assert "?var-cluster={{ $labels.cluster | urlquery }}&var-source={{" in link


def test_the_annotation_is_all_that_differs() -> None:
    plain, linked = made(spec(), Settings()), made(spec(), GRAFANA)
    for rule in linked:
        annotations = rule["annotations"]
        assert isinstance(annotations, dict)
        del annotations["dashboard_url"]
    assert linked == plain


@pytest.mark.parametrize(
    ("topic", "by", "name", "chosen"),
    [
        (
            "dead-letter-queue",
            ("source", "queue", "kind"),
            "dead-letters",
            {"var-cluster", "var-source", "var-queue", "var-kind"},
        ),
        ("workers", ("source", "queue"), "workers", {"var-cluster", "var-source", "var-queue"}),
        ("workers", ("namespace", "pod"), "workers", set()),
        ("schedules", ("source", "schedule"), "readiness", {"var-cluster", "var-source"}),
        ("exporter", (), "exporter", set()),
        ("mine", ("source",), "overview", {"var-cluster", "var-source"}),
    ],
)
def test_the_lane_of_an_alert_and_what_tells_its_installation_narrow_it(
    topic: str, by: tuple[str, ...], name: str, chosen: set[str]
) -> None:
    parts = urlsplit(boards.url("https://grafana.example", topic, by, ("cluster",)))
    assert parts.path == f"/d/jobqueue-{name}"
    assert parse_qs(parts.query).keys() == chosen | {"from", "to"}


def test_each_topic_of_ours_has_a_dashboard_of_its_own_choice() -> None:
    assert "overview" not in {boards.url("", topic, ()).split("?")[0].rpartition("-")[2] for topic in TOPICS}


def test_alerts_of_other_topics_link_too() -> None:
    (link,) = {dashboard(rule) for rule in made(replace(spec(), topic="mine"), GRAFANA)}
    assert link.startswith("https://grafana.example/sub/d/jobqueue-overview?")
