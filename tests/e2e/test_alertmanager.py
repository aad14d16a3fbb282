"""Who is told, and what is muted by what: our configuration in a real Alertmanager, alerts being made up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner

from jobqueue_exporter.cli import main
from tests.deadline import until
from tests.e2e.alertmanager import Alertmanager, Labels, alerting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CONFIG = """
sources: [{name: shop, dsn: 'postgresql://nobody@nowhere/nothing'}]
owners:
  media: {contact: media@example.com, receiver: media, ticket_receiver: media-board}
  "odd \\"name\\"": {receiver: odd}
  unreachable: {contact: somebody@example.com}
  reader: {ticket_receiver: reader-board}
"""
# Group intervals of seconds become fractions of one.
SCALE = "100"


@pytest.fixture(scope="module")
def alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    home = tmp_path_factory.mktemp("alertmanager")
    (home / "jobqueue.yml").write_text(CONFIG)
    words = ["--config", str(home / "jobqueue.yml"), "--output-dir", str(home), "--time-scale", SCALE]
    rendered = CliRunner().invoke(main, ["alerts", "render", *words])
    assert rendered.exit_code == 0, rendered.output
    with alerting(home / "alertmanager/alertmanager.yml", home) as running:
        yield running


def alert(name: str, severity: str, source: str, **labels: str) -> Labels:
    return {"alertname": name, "severity": severity, "source": source, **labels}


def lane(name: str, severity: str, source: str, queue: str = "jobs", kind: str = "A", **labels: str) -> Labels:
    return alert(name, severity, source, queue=queue, kind=kind, **labels)


def mutes(alertmanager: Alertmanager, why: Labels, what: Labels) -> bool:
    """Whether the one alert mutes the other; where it does, nobody was told of it."""
    alertmanager.post(why)
    until(lambda: alertmanager.muted(why) is not None)
    alertmanager.post(what)
    until(lambda: alertmanager.muted(what) is not None)
    muted = bool(alertmanager.muted(what))
    if muted:
        # What is told later than it would have been proves that it was not.
        later = {**what, "source": f"{what['source']}-later"}
        alertmanager.post(later)
        until(lambda: alertmanager.inbox.of(**later))
        assert alertmanager.inbox.of(**what) == []
    else:
        until(lambda: alertmanager.inbox.of(**what))
    return muted


def told(alertmanager: Alertmanager, labels: Labels) -> set[str]:
    """The receivers that got this alert, as soon as one has."""
    alertmanager.post(labels)
    until(lambda: alertmanager.inbox.of(**labels))
    return {each.receiver for each in alertmanager.inbox.of(**labels)}


SYMPTOMS = ("JobQueueWaitTooLong", "JobQueueStalled", "JobQueueStalledByAge")


@pytest.mark.parametrize("symptom", SYMPTOMS)
@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_a_symptom_mutes_the_causes_of_its_lane(alertmanager: Alertmanager, symptom: str, severity: str) -> None:
    source = f"cause-{symptom}-{severity}"
    why, what = lane(symptom, severity, source), lane("JobQueueBacklogHigh", "warning", source)
    assert mutes(alertmanager, why, what)


@pytest.mark.parametrize("other", [{"source": "elsewhere"}, {"queue": "other"}, {"kind": "B"}])
def test_a_symptom_mutes_no_cause_of_another_lane(alertmanager: Alertmanager, other: dict[str, str]) -> None:
    source = f"lane-{'-'.join(other)}"
    why = lane("JobQueueWaitTooLong", "critical", source)
    what = {**lane("JobQueuePredictedWaitTooLong", "warning", source), **other}
    assert not mutes(alertmanager, why, what)


def test_a_symptom_of_any_lane_mutes_the_causes_of_its_source(alertmanager: Alertmanager) -> None:
    why = lane("JobQueueWaitTooLong", "critical", "whole")
    assert mutes(alertmanager, why, alert("JobQueueNoWorkers", "warning", "whole"))
    assert not mutes(alertmanager, why, alert("JobQueueNoWorkers", "warning", "another"))


def test_what_pages_is_muted_by_what_pages_only(alertmanager: Alertmanager) -> None:
    ticket, page = (lane("JobQueueWaitTooLong", severity, severity) for severity in ("warning", "critical"))
    assert not mutes(alertmanager, ticket, lane("JobQueueStalled", "critical", "warning"))
    assert mutes(alertmanager, page, lane("JobQueueStalled", "critical", "critical"))


def test_a_cause_that_a_configuration_made_a_page_is_muted_by_what_pages_only(alertmanager: Alertmanager) -> None:
    ticket, page = (lane("JobQueueWaitTooLong", severity, f"asked-{severity}") for severity in ("warning", "critical"))
    assert not mutes(alertmanager, ticket, lane("JobQueueBacklogHigh", "critical", "asked-warning"))
    assert mutes(alertmanager, page, lane("JobQueueBacklogHigh", "critical", "asked-critical"))


@pytest.mark.parametrize(
    "name", [*SYMPTOMS, "JobQueueNoWorkers", "JobQueueDeadLettersGrowing", "JobQueueSystemErrors", "JobQueueSourceDown"]
)
def test_lost_work_is_never_muted(alertmanager: Alertmanager, name: str) -> None:
    source = f"lost-{name}"
    assert not mutes(
        alertmanager, lane(name, "critical", source), lane("JobQueueWorkLost", "critical", source, owner="media")
    )


def test_lost_work_that_waits_is_muted_only_by_the_page_that_told_of_it(alertmanager: Alertmanager) -> None:
    waiting = lane("JobQueueLostWorkWaiting", "critical", "waiting")
    assert not mutes(alertmanager, lane("JobQueueWaitTooLong", "critical", "waiting"), waiting)
    waiting = {**waiting, "kind": "B"}
    assert mutes(alertmanager, lane("JobQueueWorkLost", "critical", "waiting", kind="B"), waiting)


def test_liveness_mutes_readiness_and_not_the_reverse(alertmanager: Alertmanager) -> None:
    down, red = (alert(name, "critical", "web") for name in ("JobQueueLivenessDown", "JobQueueReadinessRed"))
    assert mutes(alertmanager, down, red)
    down, red = ({**labels, "source": "api"} for labels in (down, red))
    assert not mutes(alertmanager, red, down)


def test_a_source_that_is_down_mutes_what_is_told_of_reading_it_and_nothing_of_its_jobs(
    alertmanager: Alertmanager,
) -> None:
    down = alert("JobQueueSourceDown", "critical", "gone")
    assert mutes(alertmanager, down, alert("JobQueueCollectorFailing", "warning", "gone", collector="jobs"))
    assert not mutes(alertmanager, down, lane("JobQueueWaitTooLong", "critical", "gone"))


@pytest.mark.parametrize(
    ("severity", "owner", "receiver"),
    [
        ("critical", "", "page"),
        ("warning", "", "ticket"),
        ("critical", "stranger", "page"),
        ("critical", "unreachable", "page"),
        ("critical", "media", "media"),
        ("warning", "media", "media-board"),
        ("critical", 'odd "name"', "odd"),
        ("warning", 'odd "name"', "ticket"),
        ("critical", "reader", "page"),
        ("warning", "reader", "reader-board"),
    ],
)
def test_each_owner_is_told_of_their_own_and_the_rest_goes_by_severity(
    alertmanager: Alertmanager, severity: str, owner: str, receiver: str
) -> None:
    labels = lane("JobQueueSuccessBurnFast", severity, f"route-{severity}", **({"owner": owner} if owner else {}))
    assert alertmanager.receivers(labels) == [receiver]
    assert told(alertmanager, labels) == {receiver}


@pytest.mark.parametrize("owner", [{}, {"owner": "media"}])
def test_nobody_is_told_of_what_is_only_informative(alertmanager: Alertmanager, owner: dict[str, str]) -> None:
    info = lane("JobQueueWaitForecast", "info", f"info{len(owner)}", **owner)
    assert alertmanager.receivers(info) == ["nobody"]
    alertmanager.post(info)
    until(lambda: alertmanager.muted(info) is not None)
    assert told(alertmanager, {**info, "severity": "warning"}) == ({"media-board"} if owner else {"ticket"})
    assert alertmanager.inbox.of(**info) == []


def test_the_watchdog_has_a_receiver_of_its_own_that_is_told_again_and_again(alertmanager: Alertmanager) -> None:
    watchdog = {"alertname": "JobQueueWatchdog", "severity": "none"}
    assert alertmanager.receivers(watchdog) == ["watchdog"]
    assert told(alertmanager, watchdog) == {"watchdog"}
    until(lambda: len(alertmanager.inbox.of(**watchdog)) >= 3, seconds=30)


# Last, as it mutes across all sources.
def test_no_exporter_left_mutes_what_is_told_of_single_sources(alertmanager: Alertmanager) -> None:
    absent = {"alertname": "JobQueueExporterAbsent", "severity": "critical", "job": "jobqueue"}
    down = alert("JobQueueSourceDown", "critical", "behind-it")
    alertmanager.post(absent)
    until(lambda: alertmanager.inbox.of(**absent))
    alertmanager.post(down)
    until(lambda: alertmanager.muted(down))
    lost = lane("JobQueueWorkLost", "critical", "behind-it")
    assert told(alertmanager, lost) == {"page"}
    assert alertmanager.inbox.of(**down) == []
