"""What the page at / says is wrong."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import msgspec

from jobqueue_exporter.bundle.moment import Found, Problem
from jobqueue_exporter.bundle.spec import AlertType, Severity
from jobqueue_exporter.config.types import Links
from jobqueue_exporter.health import Check, Status
from jobqueue_exporter.model import Facts, Lane, LaneJobs, State, Workers
from jobqueue_exporter.web.page.headline import headline
from jobqueue_exporter.web.page.trouble import Trouble, trouble
from tests.web.reader_by_hand import ready
from tests.web.served import config, served

LATE = Facts(
    lanes={
        Lane("mail", "SEND"): LaneJobs(counts={State.PENDING: 12, State.RUNNING: 0}, oldest_pending_seconds=3725),
        Lane("mail", "READ"): LaneJobs(counts={State.PENDING: 3, State.RUNNING: 0}, oldest_pending_seconds=900),
    },
    workers=Workers(live=0, stale=0),
)
WARNING = Severity.WARNING
LATE_CHECK = Check("queue", Status.FAILED, "12 jobs are pending.")


def problem(
    alert: str = "JobQueueWaitTooLong",
    *,
    topic: str = "backlog",
    severity: Severity = Severity.CRITICAL,
    explains: tuple[str, ...] = (),
    wait: float = 300,
    **labels: str,
) -> Problem:
    return Problem(
        alert=alert,
        topic=topic,
        severity=severity,
        alert_type=AlertType.CAUSE if explains else AlertType.SYMPTOM,
        labels=labels,
        value=1,
        summary=f"{alert} is so.",
        description=f"{alert}, in words.",
        wait=wait,
        explains=explains,
        id=f"{alert.lower()}-{'-'.join(labels.values())}",
        runbook=f"{topic}#{alert.lower()}",
    )


def shown(*problems: Problem, checks: tuple[tuple[str, Check], ...] = ()) -> Trouble:
    return trouble(Found(problems, ()), checks)


def names(found: Trouble) -> list[tuple[list[str], list[str]]]:
    """The ids of each group, and of what explains all of it or one of them."""
    return [
        (
            [item.id for item in group.items],
            [each.id for each in (*group.because, *(b for i in group.items for b in i.because))],
        )
        for group in found.shown
    ]


def test_a_cause_stands_inside_the_symptom_of_its_own_lane_that_it_explains() -> None:
    late = [problem(source="shop", queue=queue, kind="") for queue in ("a", "b")]
    cause = problem(
        "JobQueueBacklogHigh",
        severity=Severity.WARNING,
        explains=("JobQueueWaitTooLong",),
        source="shop",
        queue="b",
        kind="",
    )
    found = shown(*late, cause)
    assert [[each.id for each in item.because] for item in found.shown[0].items] == [[], [cause.id]]
    assert (found.critical, found.critical_places, found.warnings) == (1, 2, 0)


def test_a_cause_of_a_whole_source_stands_above_all_that_it_explains() -> None:
    late = [problem(source="shop", queue=queue, kind="") for queue in ("a", "b")]
    cause = problem(
        "JobQueueNoWorkers",
        topic="workers",
        severity=Severity.WARNING,
        explains=("JobQueueWaitTooLong",),
        source="shop",
    )
    assert names(shown(*late, cause)) == [([each.id for each in late], [cause.id])]


def test_a_cause_in_another_source_or_of_something_that_is_not_wrong_stands_alone() -> None:
    late = problem(source="shop", queue="a", kind="")
    other = problem("JobQueueNoWorkers", severity=WARNING, explains=("JobQueueWaitTooLong",), source="mail")
    lonely = problem("JobQueueStuckJobs", severity=WARNING, explains=("JobQueueStalled",), source="shop")
    assert names(shown(late, other, lonely)) == [([late.id], []), ([other.id], []), ([lonely.id], [])]


def test_a_check_is_told_where_no_problem_tells_of_the_same() -> None:
    checks = (("shop", LATE_CHECK), ("mail", LATE_CHECK), ("mail", Check("db", Status.OK, "It was read in time.")))
    found = shown(problem(source="shop", queue="a", kind=""), checks=checks)
    told = [item for group in found.shown for item in group.items]
    assert [(item.severity, item.lane, item.description) for item in told] == [
        ("critical", ("shop", "a"), "JobQueueWaitTooLong, in words."),
        ("critical", ("mail",), "12 jobs are pending."),
    ]


def test_an_alert_that_needs_nobody_hides_no_check() -> None:
    info = problem("JobQueueWaitForecast", severity=Severity.INFO, source="shop", queue="a", kind="")
    found = shown(info, checks=(("shop", LATE_CHECK),))
    assert [group.severity for group in found.shown] == ["critical", "info"]


def test_of_one_thing_in_many_places_some_are_shown_some_folded_and_the_rest_is_counted() -> None:
    found = shown(*(problem(source="shop", queue=f"{n}", kind="") for n in range(100)), problem("JobQueueOther"))
    assert [(len(each.items), len(each.folded), each.more, each.places) for each in found.shown] == [
        (5, 20, 75, 100),
        (1, 0, 0, 1),
    ]
    assert (found.critical, found.critical_places) == (2, 101)


def test_of_many_things_the_first_twenty_are_shown_more_are_folded_and_the_rest_is_counted() -> None:
    found = shown(*(problem(f"JobQueueThing{n}", source="shop") for n in range(100)))
    assert (len(found.shown), len(found.folded), found.more, found.critical) == (20, 40, 40, 100)


def test_a_source_that_cannot_be_read_comes_before_all_else() -> None:
    found = shown(problem(source="shop"), checks=(("mail", Check("db", Status.FAILED, "It cannot be read.")),))
    assert [group.items[0].lane for group in found.shown] == [("mail",), ("shop",)]


def said(
    critical: tuple[int, int] = (0, 0), warnings: tuple[int, int] = (0, 0), *, judged: bool = True, **told: object
) -> str:
    found = Trouble((), (), 0, *critical, *warnings, (), judged)
    return headline(found, **({"sources": 3, "down": 0, "only": ""} | told)).text  # type: ignore[arg-type]  # of each kind


def test_the_headline_counts_what_needs_somebody() -> None:
    assert said() == "All is well in 3 sources."
    assert said(sources=1) == "All is well in 1 source."
    assert said(sources=1, only="shop") == "All is well in shop."
    assert said((2, 2), (1, 9)) == "2 things need a person now, 1 a look."
    assert said((1, 1)) == "1 thing needs a person now."
    assert said(warnings=(2, 2)) == "2 things need a look."
    assert said((1, 1), down=1) == "1 thing needs a person now; 1 of 3 sources cannot be read."
    assert said(judged=False) == "All is well in 3 sources; the alerts could not be judged."


def test_one_thing_in_many_places_is_one_thing() -> None:
    assert said((1, 201)) == "1 thing in 201 places needs a person now."
    assert said((2, 201), (3, 9)) == "2 things in 201 places need a person now, 3 a look."
    assert said(warnings=(1, 5_000)) == "1 thing in 5,000 places needs a look."


DEAD = Check("dlq", Status.FAILED, "150 jobs are dead, all in mail; the limit is 100.")


def test_a_check_that_has_failed_is_told_beside_alerts_of_the_same_that_need_no_person_now() -> None:
    dead = problem("JobQueueDeadLetterHigh", topic="dead-letter-queue", severity=WARNING, source="shop", queue="mail")
    found = shown(dead, checks=(("shop", DEAD),))
    assert [(group.severity, group.summary) for group in found.shown] == [
        ("critical", "Dead letters: not ok."),
        ("warning", "JobQueueDeadLetterHigh is so."),
    ]
    assert headline(found, sources=1, down=0, only="").tone == "critical"


def test_a_check_that_has_failed_is_covered_by_an_alert_of_the_same_source_that_pages() -> None:
    dead = problem("JobQueueDeadLetterHigh", topic="dead-letter-queue", source="shop", queue="mail")
    found = shown(dead, checks=(("shop", DEAD), ("other", DEAD)))
    assert [[item.lane for item in group.items] for group in found.shown] == [[("shop", "mail")], [("other",)]]


def test_a_check_that_needs_a_look_is_covered_by_an_alert_that_needs_one() -> None:
    look = Check("dlq", Status.WARNING, "3 jobs are dead.")
    dead = problem("JobQueueDeadLetterHigh", topic="dead-letter-queue", severity=WARNING, source="shop", queue="mail")
    assert [group.name for group in shown(dead, checks=(("shop", look),)).shown] == ["JobQueueDeadLetterHigh"]


def test_the_page_says_no_better_of_150_dead_jobs_than_the_health_endpoint() -> None:
    facts = Facts(lanes={Lane("mail"): LaneJobs(counts={State.DEAD_LETTER: 150}, oldest_dead_letter_seconds=60)})
    with served(readers={"shop": ready(facts)}) as server:
        page, health = server.ask("/").text, server.ask("/readyz")
    assert health.status == 503
    assert re.search(r'class="verdict critical"[^>]*>.*1 thing needs a person now', page)
    assert "Dead letters: not ok." in page


NOBODY = Check("worker", Status.FAILED, "No live worker is known.")


def test_that_nobody_works_stands_inside_what_waits_for_that() -> None:
    late = [problem(source="shop", queue=queue, kind="") for queue in ("a", "b")]
    found = shown(*late, checks=(("shop", NOBODY),))
    assert [[each.summary for each in group.because] for group in found.shown] == [["Workers: not ok."]]
    assert (found.critical, found.critical_places) == (1, 2)


def test_that_nobody_works_stands_above_all_that_it_does_not_explain() -> None:
    dead = problem("JobQueueDeadLetterHigh", topic="dead-letter-queue", source="shop", queue="a")
    found = shown(dead, checks=(("shop", NOBODY), ("shop", LATE_CHECK)))
    assert [group.summary for group in found.shown] == [
        "Workers: not ok.",
        "JobQueueDeadLetterHigh is so.",
        "Queues: not ok.",
    ]


def test_a_problem_has_its_place_when_it_pages_and_a_link_to_what_to_do() -> None:
    with served(readers={"shop": ready(LATE)}) as server:
        page = server.ask("/").text
        links = re.findall(r'<li id="jobqueuewaittoolong-[0-9a-f]{8}">.*?class="do" href="([^"]*)"', page, re.DOTALL)
        link = html.unescape(links[0])
        runbook = server.ask(f"/{link.partition('#')[0]}")
    assert re.search(r'role="status"[^>]*>.*1 thing in 2 places needs a person now', page)
    assert "<title>(1) jobqueue-exporter</title>" in page
    assert "pages after 5m" in page
    assert "JobQueueWaitTooLong" in page
    assert "Workers: not ok." in page
    assert urlsplit(link).fragment == "jobqueuewaittoolong"
    assert runbook.status == 200
    assert 'id="jobqueuewaittoolong"' in runbook.text


def test_what_needs_history_is_left_to_prometheus_by_name() -> None:
    with served() as server:
        page = server.ask("/").text
    assert "alerts need history: Prometheus judges those" in page
    assert re.search(r"See <code>/alerts</code> of your Prometheus for .*JobQueueExporterAbsent", page)


LINKS = Links(grafana="https://grafana.example/sub/", prometheus="https://prometheus.example/x/")


def test_what_needs_history_is_linked_where_it_is_said_where_prometheus_is() -> None:
    with served(msgspec.structs.replace(config(), links=LINKS)) as server:
        page = server.ask("/").text
    assert '<p>See <a href="https://prometheus.example/x/alerts">the alerts of your Prometheus</a> for ' in page


def test_each_problem_and_check_links_its_dashboard_where_it_is_said_where_grafana_is() -> None:
    odd = replace(LATE, lanes={Lane('a/b?"<', "K"): LaneJobs(counts={State.PENDING: 9}, oldest_pending_seconds=9e5)})
    with served(msgspec.structs.replace(config(), links=LINKS), {"shop": ready(odd)}) as server:
        page, plain = server.ask("/").text, ""
    with served(readers={"shop": ready(odd)}) as server:
        plain = server.ask("/").text
    found = {html.unescape(each) for each in re.findall(r'<a class="board" href="([^"]*)">Dashboard', page)}
    assert {
        "https://grafana.example/sub/d/jobqueue-queue"
        "?var-source=shop&var-queue=a%2Fb%3F%22%3C&var-kind=K&from=now-6h&to=now",
        "https://grafana.example/sub/d/jobqueue-workers?var-source=shop&from=now-6h&to=now",
    } <= found
    assert "Dashboard" not in plain


def test_links_of_hostile_names_round_trip() -> None:
    lane = Lane('a/b?c="d"&<e>#\N{RIGHT-TO-LEFT OVERRIDE}\N{FIRE} ünï', "../k\x00'%2f")
    facts = Facts(lanes={lane: LaneJobs(counts={State.PENDING: 900}, oldest_pending_seconds=9e5)})
    with served(config('<i>"s/h&op"'), {'<i>"s/h&op"': ready(facts)}) as server:
        page = server.ask("/").text
        own = html.unescape(re.findall(r'<h3 [^>]*>.*?<a href="(\?source=[^"]*)"', page)[0])
        again = server.ask(f"/{own}")
    links = [html.unescape(each) for each in re.findall(r'class="do" href="([^"]*)"', page)]
    told = parse_qs(urlsplit(next(each for each in links if "queue=" in each)).query, keep_blank_values=True)
    assert told == {"source": ['<i>"s/h&op"'], "queue": [lane.queue], "kind": [lane.kind]}
    assert again.status == 200
    assert "<i>" not in page
    assert "<e>" not in page
    assert not [character for character in page if character in "\x00\N{RIGHT-TO-LEFT OVERRIDE}"]


def test_of_very_many_causes_of_one_problem_the_first_are_shown_and_the_others_counted() -> None:
    causes = (problem("JobQueueMine", explains=("JobQueueTop",), source="shop", kind=f"K{n}") for n in range(5_000))
    found = shown(problem("JobQueueTop", source="shop"), *causes)
    assert [(len(group.items[0].because), group.items[0].hidden) for group in found.shown] == [(10, 4_990)]
