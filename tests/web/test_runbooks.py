"""The pages under /runbooks/."""

from __future__ import annotations

import html
import re
from pathlib import Path

import msgspec
import pytest

from jobqueue_exporter.config.basics import DurationOrZero
from jobqueue_exporter.config.types import AlertMatch, AlertOverride, AlertRule, Alerts, Config, Owner
from jobqueue_exporter.model import Facts, Lane, LaneJobs, State
from tests.web.reader_by_hand import ReaderByHand, ready
from tests.web.served import Reply, config, served

SPEC = """\
title: Mine
alerts:
  JobQueueMine:
    severity: warning
    alert_type: cause
    by: [source, queue, kind]
    for: 15m
    thresholds: {threshold: 100, age: 10m}
    expr: >
      [= lowest("jobqueue_jobs", 'state="pending"') =] > [= t.threshold =]
      and [= on("source", "queue", "kind") =] [= latest("jobqueue_oldest_pending_age_seconds") =] > [= t.age =]
    summary: Mine.
    description: "{{ $value | humanize }} in [= lane =]."
"""
PAGE = """\
# Of mine

About <b>mine</b>. See [another](other.md#jobqueueother) and [the list](README.md).

## JobQueueMine

### What it means

More than [= t.threshold =] jobs, older than [= t.age =], for [= for =]. Call [= contacts =].

```sh {check}
jobqueue jobs stats   # [= not filled =] <in>
```
"""
HOSTILE = '<script>alert("1")</script>'
LANE = Lane("mail", "SEND")
FACTS = Facts(
    lanes={
        LANE: LaneJobs(counts={State.PENDING: 1234, State.RUNNING: 7}, oldest_pending_seconds=3725),
        Lane("mail", "READ"): LaneJobs(counts={State.PENDING: 55, State.RUNNING: 0}, oldest_pending_seconds=5),
        Lane(HOSTILE, ""): LaneJobs(counts={State.PENDING: 3, State.RUNNING: 0}, oldest_pending_seconds=5),
    }
)


@pytest.fixture
def configured(tmp_path: Path) -> Config:
    """A configuration with an alert and a runbook of its own."""
    (tmp_path / "mine.yaml").write_text(SPEC)
    (tmp_path / "mine.md").write_text(PAGE)
    return msgspec.structs.replace(
        config("shop"), alerts=Alerts(extra_dir=str(tmp_path)), owners={"media": Owner(contact="5 <x>")}
    )


def ask(configured: Config, path: str, reader: ReaderByHand | None = None) -> Reply:
    with served(configured, {"shop": reader or ready(FACTS)}) as server:
        return server.ask(path)


def words(page: str) -> str:
    """What a reader sees."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_a_page_has_thresholds_times_and_contacts_in_its_words_and_code_as_it_is(configured: Config) -> None:
    reply = ask(configured, "/runbooks/mine")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = words(reply.text)
    assert "More than 100 jobs, older than 10m, for 15m. Call media: 5 <x>." in text
    assert "jobqueue jobs stats # [= not filled =] <in>" in text


def test_html_in_a_page_is_shown_as_text(configured: Config) -> None:
    assert "About &lt;b&gt;mine&lt;/b&gt;." in ask(configured, "/runbooks/mine").text


def test_a_section_has_anchors_in_small_letters_and_in_its_own_case(configured: Config) -> None:
    text = ask(configured, "/runbooks/mine").text
    assert re.findall(r'<a id="(\w+)"></a>\s*<h2 id="(\w+)"', text) == [("JobQueueMine", "jobqueuemine")]
    assert 'id="what-it-means"' in text


def test_links_to_other_pages_lead_to_where_they_are_served(configured: Config) -> None:
    assert '<a href="other#jobqueueother">' in ask(configured, "/runbooks/mine").text


def test_the_list_has_every_page_and_every_section(configured: Config) -> None:
    reply = ask(configured, "/runbooks/")
    assert reply.status == 200
    assert '<a href="../runbooks/mine">Of mine</a>' in reply.text
    assert '<a href="../runbooks/mine#jobqueuemine">JobQueueMine</a>' in reply.text


def test_the_path_without_a_slash_leads_to_the_list(configured: Config) -> None:
    reply = ask(configured, "/runbooks")
    assert (reply.status, reply.headers["location"]) == (308, "runbooks/")


@pytest.mark.parametrize(
    ("path", "up"), [("nothing", "../"), ("procedures/nothing", "../../"), ("..%2f..%2fetc/passwd", "../../../../")]
)
def test_a_page_that_is_not_there_is_answered_with_the_list(configured: Config, path: str, up: str) -> None:
    reply = ask(configured, f"/runbooks/{path}")
    assert reply.status == 404
    assert "There is no runbook here." in words(reply.text)
    assert f'<a href="{up}runbooks/mine">Of mine</a>' in reply.text


def test_without_a_lane_no_values_are_shown(configured: Config) -> None:
    text = ask(configured, "/runbooks/mine").text
    assert "jobqueue_oldest_pending_age_seconds" not in text


def test_a_link_with_a_lane_shows_what_the_alert_looks_at_of_that_lane(configured: Config) -> None:
    text = words(ask(configured, "/runbooks/mine?source=shop&queue=mail&kind=SEND").text)
    assert "Holds now , for source shop , queue mail , kind SEND" in text
    assert 'jobqueue_jobs{state="pending"} 1,234' in text
    assert "jobqueue_oldest_pending_age_seconds 1h 2m" in text
    assert "55" not in text
    assert 'state="running"' not in text


def test_a_link_with_a_source_alone_shows_all_its_lanes(configured: Config) -> None:
    text = words(ask(configured, "/runbooks/mine?source=shop").text)
    assert 'jobqueue_jobs{queue="mail", kind="SEND", state="pending"} 1,234' in text
    assert 'jobqueue_jobs{queue="mail", kind="READ", state="pending"} 55' in text


def test_a_lane_with_an_override_is_told_by_its_thresholds(configured: Config) -> None:
    override = AlertOverride(match=AlertMatch(queue="ma*"), threshold=5000, severity="critical", for_=DurationOrZero(0))
    rules = {"JobQueueMine": AlertRule(overrides=(override,))}
    changed = msgspec.structs.replace(configured, alerts=msgspec.structs.replace(configured.alerts, rules=rules))
    mail, rest = (words(ask(changed, f"/runbooks/mine?source=shop&queue={queue}").text) for queue in ("mail", "x"))
    assert "More than 5000 jobs, older than 10m, for no time at all" in mail
    assert "critical Mine. pages" in mail
    assert "More than 100 jobs, older than 10m, for 15m" in rest


def test_a_lane_that_is_not_there_is_not_taken_for_well(configured: Config) -> None:
    assert "Cannot tell , for source shop , queue zz" in words(
        ask(configured, "/runbooks/mine?source=shop&queue=zz").text
    )


def test_commands_name_the_lane_of_the_link(configured: Config) -> None:
    page = ask(configured, "/runbooks/mine?source=shop&queue=mail").text
    assert "jobqueue jobs stats --source shop   # [= not filled =]" in html.unescape(page)


def test_names_that_would_be_html_are_shown_as_text(configured: Config) -> None:
    link = "/runbooks/mine?source=shop&queue=%3Cscript%3Ealert(%221%22)%3C/script%3E&kind="
    text = ask(configured, link).text
    assert "<script>" not in text
    assert HOSTILE in words(text)
    assert 'jobqueue_jobs{state="pending"} 3' in words(text)


def test_a_source_that_is_not_here_is_said_so_without_a_reading(configured: Config) -> None:
    reader = ready(FACTS)
    with served(configured, {"shop": reader}) as server:
        text = words(server.ask("/runbooks/mine?source=%3Cb%3E&queue=mail").text)
    assert "Cannot tell , for source <b> , queue mail This exporter reads no source of that name." in text


def test_a_source_that_is_down_shows_no_values_and_no_reason(configured: Config) -> None:
    text = words(ask(configured, "/runbooks/mine?source=shop", ready(error="db.example.com refused")).text)
    assert "Cannot tell , for source shop The source cannot be read: the exporter's log says why." in text
    assert "shop cannot be read, so nothing is known of it now; no good reading since this exporter started." in text
    assert "db.example.com" not in text


def test_a_lane_that_is_gone_is_said_so(configured: Config) -> None:
    text = words(ask(configured, "/runbooks/mine?source=shop&queue=gone&kind=").text)
    assert "The source tells nothing of what this alert looks at, for these labels." in text


def test_the_way_back_leads_to_the_problem_on_the_status_page(configured: Config) -> None:
    with served(configured, {"shop": ready(FACTS)}) as server:
        text = server.ask("/runbooks/mine?source=shop&queue=mail&kind=SEND").text
        back = re.findall(r'href="\.\./#(jobqueuemine-[0-9a-f]{8})"', text)
        assert len(back) == 1
        assert f'id="{back[0]}"' in server.ask("/").text


def test_without_a_lane_all_places_are_told_where_the_alert_holds_now(configured: Config) -> None:
    both = msgspec.structs.replace(configured, sources=(*configured.sources, *config("den").sources))
    with served(both, {"shop": ready(FACTS), "den": ready(FACTS)}) as server:
        text = server.ask("/runbooks/mine").text
    assert "Holds now in 2 places" in words(text)
    assert "den / mail / SEND 1,234 in den/mail/SEND." not in words(text)  # humanize writes it shorter
    assert "den / mail / SEND 1.234k in den/mail/SEND. fires once it has held for 15m" in words(text)
    assert 'href="../runbooks/mine?source=den&amp;queue=mail&amp;kind=SEND#jobqueuemine"' in text


def test_what_cannot_be_read_is_not_taken_for_well(configured: Config) -> None:
    both = msgspec.structs.replace(configured, sources=(*configured.sources, *config("den").sources))
    with served(both, {"shop": ready(error="refused"), "den": ready(Facts(lanes={}))}) as server:
        text = words(server.ask("/runbooks/mine").text)
    assert "Does not hold now in what can be read" in text
    assert "shop cannot be read, so nothing is known of it now" in text


def test_a_condition_that_does_not_hold_is_said_so_with_the_time_of_the_reading(configured: Config) -> None:
    text = words(ask(configured, "/runbooks/mine?source=shop&queue=mail&kind=READ").text)
    assert re.search(r"Does not hold now , for source shop , queue mail , kind READ read at \d\d:\d\d:\d\d UTC", text)


def test_a_link_to_another_page_keeps_the_lane_and_a_hostile_one_stays_one_value(configured: Config) -> None:
    text = ask(configured, "/runbooks/mine?source=shop&queue=%22%3E%3Cimg%20src=x%3E%26kind=x").text
    assert 'href="other?source=shop&amp;queue=%22%3E%3Cimg+src%3Dx%3E%26kind%3Dx#jobqueueother"' in text
    assert "<img" not in text


def test_an_alert_says_how_bad_it_is_when_it_fires_and_by_which_thresholds(configured: Config) -> None:
    text = words(ask(configured, "/runbooks/mine").text)
    assert "warning Mine. a ticket · why somebody may suffer · fires after 15m · threshold 100 · age 10m" in text


def test_an_alert_that_needs_history_is_left_to_prometheus() -> None:
    text = words(ask(config("shop"), "/runbooks/backlog?source=shop").text)
    assert "Only Prometheus can tell , for source shop" in text


def test_an_alert_that_is_switched_off_is_said_so() -> None:
    text = words(ask(config("shop"), "/runbooks/backlog?source=shop").text)
    assert "Switched off here , for source shop" in text


def test_commands_say_whether_they_change_something() -> None:
    with served() as server:
        text = words(server.ask("/runbooks/backlog").text)
        assert 'changes something jobqueue jobs reclaim --reason "their workers are gone" --yes' in text
        assert "reads only jobqueue jobs stats" in text
        assert "verify, reads only jobqueue ready --detail" in text
        assert "changes something kubernetes" in words(server.ask("/runbooks/procedures/backlog").text)


def test_a_section_leads_to_its_parts_its_neighbours_and_the_top() -> None:
    with served() as server:
        text = server.ask("/runbooks/backlog").text
    section = text[text.index('<h2 id="jobqueuestalled"') : text.index('<h2 id="jobqueuestalledbyage"')]
    assert '<a href="#mitigate-1">Mitigate</a>' in section
    assert '<h3 id="mitigate-1">' in section
    assert re.findall(r'<a rel="(\w+)" href="(#\w+)"', section) == [
        ("prev", "#jobqueuewaittoolong"),
        ("next", "#jobqueuestalledbyage"),
    ]
    assert 'href="#top"' in section


def test_a_slow_source_does_not_hold_the_text_up(configured: Config) -> None:
    with served(configured, {"shop": ReaderByHand(FACTS)}) as server:
        asked = server.ask("/runbooks/mine?source=shop", {"X-Prometheus-Scrape-Timeout-Seconds": "0.2"})
    assert "More than 100 jobs" in words(asked.text)
    assert "Cannot tell , for source shop" in words(asked.text)


def test_what_cannot_be_used_of_alerts_leaves_our_own_runbooks_there(tmp_path: Path) -> None:
    lost = msgspec.structs.replace(config("shop"), alerts=Alerts(extra_dir=str(tmp_path / "nowhere")))
    assert ask(lost, "/runbooks/").status == 200
