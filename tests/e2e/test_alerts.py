"""What is broken pages, with all that the person needs; what is not stays quiet; what is mended resolves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from jobqueue_exporter.demo.failures import EXPIRED, NO_FFMPEG
from jobqueue_exporter.demo.kinds import KINDS
from tests.deadline import until
from tests.e2e.alertmanager import Inbox, Notification
from tests.e2e.monitored import PIPELINE, SCALE, Monitored, monitored
from tests.e2e.play import Played, Step, played, side_by_side, table
from tests.e2e.team import HEALTHY, Team

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

QUIET = ("steady", "deploy")
TEAMS = (*QUIET, "no-workers", "batch", "hung", "stuck", "poison", "backlog", "ffmpeg", "dying")
DEPLOY_SECONDS = 180 / SCALE
WARM_SECONDS = 15.0
LANE = {"source", "queue", "kind", "owner"}
# What each alert is, and by which labels it tells what it is about.
ALERTS = {
    "JobQueueWaitTooLong": ("symptom", LANE),
    "JobQueueStalled": ("symptom", LANE),
    "JobQueueStuckJobs": ("cause", LANE),
    "JobQueueWorkLost": ("symptom", LANE),
    "JobQueueBinaryMissing": ("cause", {"source", "binary", "where"}),
    "JobQueueSourceDown": ("meta", {"source"}),
    "JobQueueReadinessRed": ("symptom", {"source"}),
    "JobQueueLivenessDown": ("symptom", {"source"}),
    "JobQueueKillSwitchOn": ("cause", {"source"}),
    "JobQueueBreakerOpen": ("cause", {"source", "breaker"}),
    "JobQueueExporterAbsent": ("meta", {"job"}),
}


@dataclass(frozen=True, slots=True)
class Run:
    """All that came of it."""

    played: list[Played]
    told: list[Notification]
    pages: dict[str, str]
    began: float
    ended: float

    def of(self, source: str, alert: str) -> Played:
        """The one scenario."""
        (found,) = [each for each in self.played if (each.step.source, each.step.alert) == (source, alert)]
        return found

    def notifications(self, step: Step) -> list[Notification]:
        """What was told of a scenario's alert."""
        return [each for each in self.told if step.labels.items() <= each.labels.items()]

    def paged(self, source: str) -> set[str]:
        """Names of the pages that came for a source."""
        told = [each.labels for each in self.told if each.firing and each.labels["severity"] == "critical"]
        return {labels["alertname"] for labels in told if labels.get("source", "") == source}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Run]:
    """Everything breaks side by side; the exporter itself last, as no other alert can come then."""
    with monitored(tmp_path_factory.mktemp("alerts"), TEAMS, apart="dying") as all_of_it:
        inbox, start = all_of_it.alertmanager.inbox, time.time()
        until(lambda: time.time() > start + WARM_SECONDS, seconds=60)
        found = side_by_side(_plays(all_of_it))
        exporter = all_of_it.exporter
        absent = Step("", "JobQueueExporterAbsent", exporter.kill, exporter.start, found={"job": "jobqueue"})
        found.append(played(inbox, absent))
        told, ended = inbox.of(), time.time()
        links = {each.annotations["runbook_url"] for each in told}
        pages = {link: exporter.page(link.partition("#")[0]) for link in sorted(links)}
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            print(f"\n\n{table(each.row() for each in found)}\n")
        yield Run(found, told, pages, start, ended)


def _plays(all_of_it: Monitored) -> Iterator[Callable[[], list[Played]]]:
    inbox = all_of_it.alertmanager.inbox
    for step in (*_of_teams(all_of_it.teams), *_of_services(all_of_it)):
        yield partial(_alone, inbox, step)
    yield lambda: _dying(all_of_it)
    yield lambda: _deploy(all_of_it.teams["deploy"])


def _alone(inbox: Inbox, step: Step) -> list[Played]:
    return [played(inbox, step)]


def _of_teams(teams: dict[str, Team]) -> Iterator[Step]:
    for name, severity in (("no-workers", "critical"), ("batch", "warning")):
        yield Step(name, "JobQueueWaitTooLong", teams[name].kill, teams[name].hire, severity)
    hung, stuck, poison, ffmpeg, backlog = (teams[name] for name in ("hung", "stuck", "poison", "ffmpeg", "backlog"))
    yield Step(
        "hung", "JobQueueStalled", partial(hung.behave, replace(HEALTHY, slots=0)), partial(hung.behave, HEALTHY)
    )
    yield Step("stuck", "JobQueueStuckJobs", partial(_crash, stuck), partial(stuck.behave, HEALTHY), "warning")
    yield Step(
        "poison", "JobQueueWorkLost", partial(_poison, poison), partial(_cure, poison), found={"kind": "PUBLISH_TIKTOK"}
    )
    without = replace(HEALTHY, has_ffmpeg=False, broken_kind="CLIP_RENDER", breakage=NO_FFMPEG)
    yield Step(
        "ffmpeg",
        "JobQueueBinaryMissing",
        partial(ffmpeg.behave, without),
        partial(ffmpeg.behave, HEALTHY),
        "warning",
        {"binary": "ffmpeg", "where": "worker"},
    )
    rush, more = replace(HEALTHY, jobs_per_second=6), replace(HEALTHY, workers=6, slots=12)
    yield Step("backlog", "JobQueueWaitTooLong", partial(backlog.behave, rush), partial(backlog.behave, more))


def _of_services(all_of_it: Monitored) -> Iterator[Step]:
    say = all_of_it.services.say
    red, green = (503, {"ok": False}), (200, {"ok": True})
    yield Step("web", "JobQueueReadinessRed", lambda: say("/web/readyz", *red), lambda: say("/web/readyz", *green))

    def api(answer: tuple[int, object]) -> None:
        say("/api/healthz", *answer)
        say("/api/readyz", *answer)

    yield Step("api", "JobQueueLivenessDown", lambda: api(red), lambda: api(green))
    answers: dict[str, object] = {"killed": True, "breaker": "open"}
    for alert, named in (("JobQueueKillSwitchOn", {}), ("JobQueueBreakerOpen", {"breaker": "speech"})):
        yield Step(
            "pipeline",
            alert,
            partial(say, "/pipeline", 200, answers),
            partial(_mend, all_of_it, alert, answers),
            "warning",
            named,
        )


def _mend(all_of_it: Monitored, alert: str, answers: dict[str, object]) -> None:
    """Each of the two that broke together."""
    part = "killed" if alert == "JobQueueKillSwitchOn" else "breaker"
    answers[part] = PIPELINE[part]
    all_of_it.services.say("/pipeline", 200, answers)


def _crash(team: Team) -> None:
    """Workers die in the middle of jobs and come back, and nobody takes care of what they left."""
    team.behave(replace(HEALTHY, recovers_after_seconds=3600))
    until(lambda: team.running() >= 3, seconds=60)
    team.kill()
    team.hire()


def _poison(team: Team) -> None:
    team.behave(replace(HEALTHY, broken_kind="PUBLISH_TIKTOK", breakage=EXPIRED))
    team.enqueue("PUBLISH_TIKTOK", 3)


def _cure(team: Team) -> None:
    team.behave(HEALTHY)
    team.bury()


def _dying(all_of_it: Monitored) -> list[Played]:
    """The database goes while a page is firing, and comes back with workers once that is told."""
    inbox, team = all_of_it.alertmanager.inbox, all_of_it.teams["dying"]
    outcome: list[Played] = []

    def back() -> None:
        team.server.start()
        team.hire()

    def die() -> None:
        outcome.append(played(inbox, Step("dying", "JobQueueSourceDown", team.server.stop, back)))

    page = played(inbox, Step("dying", "JobQueueWaitTooLong", team.kill, die))
    (down,) = outcome
    page.mended = down.mended
    return [page, down]


def _deploy(team: Team) -> list[Played]:
    """Workers gone for three minutes, of which nobody is told, so that there is nothing to wait for."""
    team.kill()
    gone = time.time()
    until(lambda: time.time() > gone + DEPLOY_SECONDS, seconds=60)
    team.hire()
    return []


SCENARIOS = [
    ("no-workers", "JobQueueWaitTooLong"),
    ("batch", "JobQueueWaitTooLong"),
    ("hung", "JobQueueStalled"),
    ("stuck", "JobQueueStuckJobs"),
    ("poison", "JobQueueWorkLost"),
    ("ffmpeg", "JobQueueBinaryMissing"),
    ("backlog", "JobQueueWaitTooLong"),
    ("dying", "JobQueueWaitTooLong"),
    ("dying", "JobQueueSourceDown"),
    ("web", "JobQueueReadinessRed"),
    ("api", "JobQueueLivenessDown"),
    ("pipeline", "JobQueueKillSwitchOn"),
    ("pipeline", "JobQueueBreakerOpen"),
    ("", "JobQueueExporterAbsent"),
]


@pytest.mark.parametrize(("source", "alert"), SCENARIOS)
def test_the_alert_comes_and_resolves_after_the_repair(run: Run, source: str, alert: str) -> None:
    found = run.of(source, alert)
    assert 0 < found.broken < found.told <= found.mended < found.resolved


@pytest.mark.parametrize(("source", "alert"), SCENARIOS)
def test_it_says_all_that_it_should_to_those_whom_it_concerns(run: Run, source: str, alert: str) -> None:
    told = run.notifications(run.of(source, alert).step)
    alert_type, labels = ALERTS[alert]
    assert told
    for each in told:
        assert each.labels.keys() == {"alertname", "severity", "alert_type", *labels}
        assert each.labels["alert_type"] == alert_type
        assert each.annotations.keys() == {"summary", "description", "runbook_url"}
        pages = each.labels["severity"] == "critical"
        assert each.receiver == (each.labels.get("owner", "page") if pages else "ticket")
        if labels == LANE:
            assert each.labels["queue"] == "jobs"
            assert each.labels["kind"] in KINDS
            assert each.labels["owner"] == _owner(source, each.labels["kind"])


def _owner(source: str, kind: str) -> str:
    return "publishing" if kind.startswith("PUBLISH_") and source not in {"batch", "hung"} else "media"


@pytest.mark.parametrize(("source", "alert"), SCENARIOS)
def test_its_link_leads_to_the_section_of_its_runbook(run: Run, source: str, alert: str) -> None:
    for each in run.notifications(run.of(source, alert).step):
        link = urlsplit(each.annotations["runbook_url"])
        lane = {name: [each.labels[name]] for name in ("source", "queue", "kind") if each.labels.get(name)}
        assert parse_qs(link.query) == lane
        assert link.fragment == alert.lower()
        assert f'id="{link.fragment}"' in run.pages[each.annotations["runbook_url"]]


@pytest.mark.parametrize("source", [*TEAMS, "web", "api", "pipeline", ""])
def test_no_other_page_comes_for_a_source(run: Run, source: str) -> None:
    expected = {
        each.step.alert for each in run.played if (each.step.source, each.step.severity) == (source, "critical")
    }
    assert run.paged(source) == expected


def test_no_page_is_said_to_be_over_before_it_is_told_that_its_source_is_down(run: Run) -> None:
    down = run.of("dying", "JobQueueSourceDown")
    over = [each.at for each in run.notifications(run.of("dying", "JobQueueWaitTooLong").step) if not each.firing]
    assert over
    assert 0 < down.told < min(over)


def test_the_watchdog_was_told_all_the_time(run: Run) -> None:
    came = [each.at for each in run.told if each.receiver == "watchdog"]
    assert {each.labels["alertname"] for each in run.told if each.receiver == "watchdog"} == {"JobQueueWatchdog"}
    often = 3 * 300 / SCALE
    assert max(later - sooner for sooner, later in pairwise([run.began, *came, run.ended])) < often


def test_nobody_is_told_of_what_is_only_informative(run: Run) -> None:
    assert [each for each in run.told if each.labels["severity"] == "info"] == []
