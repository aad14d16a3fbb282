"""The page at /."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

from jobqueue_exporter import __version__
from jobqueue_exporter.model import Facts, Lane, LaneJobs, Probes, State, Workers
from tests.web.certificates import MTLS, Desk, client_of
from tests.web.reader_by_hand import ready
from tests.web.served import config, served
from tests.web.test_gate import CHEAP, basic

REASON = "postgresql://reader@db.example.com:5432/shop: connection refused"
BUSY = Facts(
    lanes={
        Lane("mail", "SEND"): LaneJobs(
            counts={State.PENDING: 1200, State.RUNNING: 2, State.DEAD_LETTER: 7}, oldest_pending_seconds=3725
        ),
        Lane("mail", "READ"): LaneJobs(
            counts={State.PENDING: 34, State.RUNNING: 0, State.DEAD_LETTER: 0}, oldest_pending_seconds=5
        ),
    },
    workers=Workers(live=2, stale=1),
)


def words(page: str) -> str:
    """What a reader sees."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def test_it_tells_of_each_source_in_words_and_numbers() -> None:
    with served(readers={"shop": ready(BUSY)}) as server:
        text = words(server.ask("/").text)
    assert f"jobqueue-exporter {__version__}" in text
    assert "shop table not ok" in text
    assert "pending 1,234 scheduled cannot tell retrying cannot tell blocked cannot tell running 2" in text
    assert "dead letter 7 oldest pending 1h 2m late, of 5m in mail / SEND" in text
    assert "workers needs a look : 1 worker is stale, 2 live." in text


def test_a_source_that_is_down_is_told_without_numbers() -> None:
    with served(readers={"shop": ready(error=REASON)}) as server:
        text = words(server.ask("/").text)
    assert "database not ok : It cannot be read: the exporter's log says why." in html.unescape(text)
    assert "db.example.com" not in text
    assert "No good reading since this exporter started." in text
    assert "pending" not in text


def test_who_has_shown_a_password_is_told_the_reason(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users: {{alice: '{CHEAP}'}}")
    with served(readers={"shop": ready(error=REASON)}, web_config=file) as server:
        text = words(server.ask("/", basic("alice", "päss:word")).text)
    assert f"database not ok : {REASON}" in text


def test_who_had_to_show_a_certificate_is_told_the_reason(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.trust_clients_of(desk.authority)
    client = client_of(desk.authority, desk.authority.issue_cert("prometheus"))
    with served(readers={"shop": ready(error=REASON)}, web_config=desk.write(MTLS)) as server:
        text = words(server.ask("/", tls=client).text)
    assert f"database not ok : {REASON}" in text


def test_a_certificate_that_need_not_be_shown_opens_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.trust_clients_of(desk.authority)
    file = desk.write(MTLS.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven"))
    with served(readers={"shop": ready(error=REASON)}, web_config=file) as server:
        text = words(server.ask("/", tls=client_of(desk.authority)).text)
    assert "db.example.com" not in text


def test_what_a_source_cannot_tell_is_not_a_zero() -> None:
    facts = Facts(lanes={Lane("mail"): LaneJobs(counts={State.PENDING: 0})})
    with served(readers={"shop": ready(facts)}) as server:
        text = words(server.ask("/").text)
    assert "pending 0 scheduled cannot tell retrying cannot tell blocked cannot tell running cannot tell" in text
    assert "dead letter cannot tell oldest pending cannot tell" in text


def test_a_source_without_any_lane_has_none_of_anything() -> None:
    with served(readers={"shop": ready(Facts(lanes={}))}) as server:
        text = words(server.ask("/").text)
    assert "pending 0 scheduled 0 retrying 0 blocked 0 running 0 dead letter 0 oldest pending none" in text


def test_nothing_that_a_source_says_becomes_markup() -> None:
    facts = Facts(
        lanes={
            Lane("<script>alert(1)</script>", '"><img src=x>'): LaneJobs(
                counts={State.PENDING: 900}, oldest_pending_seconds=9e5
            )
        }
    )
    readers = {"shop": ready(facts), "mail": ready(error="<b onload=x>'\"&")}
    with served(config("shop", "mail"), readers) as server:
        page = server.ask("/").text
    assert page.count("<script") == 2
    assert "<img" not in page
    assert "<b onload" not in page
    assert "&lt;script&gt;" in page


def test_it_needs_nothing_but_its_own_style_and_script() -> None:
    with served() as server:
        page = server.ask("/")
        needed = re.findall(r'<(?:link rel="stylesheet" href|script src)="([^"]*)"', page.text)
        found = [server.ask(f"/{address}") for address in needed]
    assert page.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src data:; script-src 'self'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    assert [address.partition("?")[0] for address in needed] == [
        "static/style.css",
        "static/page.css",
        "static/clock.js",
        "static/page.js",
    ]
    assert {reply.status for reply in found} == {200}
    assert not re.search(r"<[^>]* (?:style|on\w+)=", page.text)
    assert not any("url(" in reply.text for reply in found)


def test_every_link_of_it_leads_somewhere() -> None:
    with served(readers={"shop": ready(BUSY)}) as server:
        links = set(re.findall(r'<a [^>]*?href="([^"#]+)', server.ask("/").text))
        answers = {link: server.ask(f"/{html.unescape(link)}").status for link in links}
    assert {"runbooks/", "metrics", "api/v1/openapi.json", "readyz?detail=1", "sd", "?source=shop"} <= links
    assert {link: status for link, status in answers.items() if status != 200} == {"readyz?detail=1": 503}


NOTICED = replace(
    BUSY, notices=("state 'odd' of public.jobs.state is not mapped", "<b>job_workers</b> is left out", "once", "once")
)


def test_what_an_engine_noticed_is_counted_and_left_to_the_log() -> None:
    with served(config("shop", "mail"), {"shop": ready(NOTICED), "mail": ready(BUSY)}) as server:
        text = html.unescape(words(server.ask("/").text))
    counted = "notice needs a look : 3 things to look at: the exporter's log and `jobqueue doctor` say what."
    assert text.count("notice needs a look") == text.count(counted) == 1
    assert "public.jobs" not in text


def test_who_has_shown_a_password_is_told_what_an_engine_noticed(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users: {{alice: '{CHEAP}'}}")
    with served(readers={"shop": ready(NOTICED)}, web_config=file) as server:
        page = server.ask("/", basic("alice", "päss:word")).text
    assert re.findall(r"<span>notice .*?: (.*)</span></li>", page) == [
        "state &#39;odd&#39; of public.jobs.state is not mapped",
        "&lt;b&gt;job_workers&lt;/b&gt; is left out",
        "once",
    ]


def test_of_very_many_and_very_long_notices_the_page_shows_some(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text(f"basic_auth_users: {{alice: '{CHEAP}'}}")
    many = replace(BUSY, notices=tuple(f"{number} {'x' * 9000}" for number in range(1000)))
    with served(readers={"shop": ready(many)}, web_config=file) as server:
        page = server.ask("/", basic("alice", "päss:word")).text
    assert page.count("<span>notice ") == 21
    assert "and 980 more, which the exporter&#39;s log has" in page
    assert len(page) < 40_000


def test_a_source_that_is_down_has_no_notices() -> None:
    with served(readers={"shop": ready(NOTICED, error=REASON)}) as server:
        assert "notice" not in words(server.ask("/").text)


def test_health_endpoints_are_told_beside_all_else() -> None:
    red = Facts(probes=Probes(ready=False, live=True, checks={"db": False}))
    with served(readers={"shop": ready(red)}) as server:
        answer = server.ask("/")
    assert answer.status == 200
    assert "health not ok" in words(answer.text)
