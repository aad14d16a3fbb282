"""What health endpoints say, also by not answering."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from typing import Any

import pytest

from jobqueue_exporter import engines
from jobqueue_exporter.config.http_types import Http
from jobqueue_exporter.config.types import EngineName, Source
from jobqueue_exporter.engines.protocol import Part, Request, Statement
from jobqueue_exporter.engines.readiness.checks import MOST_CHECKS
from jobqueue_exporter.errors import TimedOut
from jobqueue_exporter.model import Binary, Facts, Place, Probes
from jobqueue_exporter.secret import Secret
from tests.deadline import until
from tests.http_peer import Peer, Script, Talk, answer, says
from tests.sources.conftest import soon

GREEN: dict[str, Any] = {
    "ok": True,
    "checks": {"db": {"ok": True, "message": "ok"}, "worker": {"ok": True, "message": "2 active"}},
    "queue": {"length": 3, "oldestJobAge": 99, "warning": False},
    "ffmpeg": {"ok": True, "message": "7.1"},
    "timestamp": "2026-01-06T08:00:00Z",
}
RED = GREEN | {
    "ok": False,
    "checks": {"db": {"ok": True, "message": "ok"}, "worker": {"ok": False, "message": "none"}},
    "queue": {"length": 300, "oldestJobAge": None, "warning": True},
    "ffmpeg": {"ok": False, "message": "not found"},
}
ALL_WELL = {"db": True, "worker": True, "ffmpeg": True, "queue": True}


def source(url: str, liveness: str = "", **more: Any) -> Source:
    http = Http(liveness=Secret(liveness) if liveness else None, headers={"X-Token": Secret("tok3n")})
    return Source(name="app", dsn=Secret(url), engine=EngineName("readiness"), http=http, **more)


def parts(wanted: Source, seconds: float = 20.0) -> list[Part]:
    reader = engines.reader(wanted)
    try:
        return list(reader.read(Request(deadline=soon(seconds), extras=frozenset())))
    finally:
        reader.close()


def facts_of(script: Script, **more: Any) -> Facts:
    with Peer(script) as peer:
        (part,) = parts(source(f"{peer.url}/api/readyz", **more))
    assert (part.collector, part.error) == ("readiness", "")
    assert part.facts is not None
    return part.facts


def error_of(script: Script) -> str:
    with Peer(script) as peer:
        (part,) = parts(source(f"{peer.url}/api/readyz"))
    assert part.facts is None
    return part.error.removeprefix(f"{peer.url}/api/readyz: ")


def closed() -> str:
    with Peer(says({})) as peer:
        return peer.url


def test_a_green_answer_and_its_checks() -> None:
    assert facts_of(says(GREEN, "200 OK", "Date: Tue, 06 Jan 2026 08:00:00 GMT")) == Facts(
        probes=Probes(ready=True, checks=ALL_WELL),
        binaries=(Binary("ffmpeg", Place.READINESS, True),),
        clock=1767686400.5,
    )


@pytest.mark.parametrize("status", ["200 OK", "503 Service Unavailable"])
def test_a_red_answer_says_which_checks_are_red(status: str) -> None:
    assert facts_of(says(RED, status)) == Facts(
        probes=Probes(ready=False, checks={"db": True, "worker": False, "ffmpeg": False, "queue": False}),
        binaries=(Binary("ffmpeg", Place.READINESS, False),),
    )


def test_an_answer_of_503_is_red_whatever_it_says() -> None:
    assert facts_of(says(GREEN, "503 No")).probes == Probes(ready=False, checks=ALL_WELL)


def test_programs_that_the_source_needs_are_told_wherever_they_are_checked() -> None:
    body = {"ok": True, "checks": {"sox": {"ok": False}, "db": {"ok": True}}}
    assert facts_of(says(body), binaries=("sox",)).binaries == (Binary("sox", Place.READINESS, False),)


@pytest.mark.parametrize(
    "body", [b"OK", b"", b"ready\n", b'"Healthy"', {"status": "up"}, {"status": "PASS"}, {"ok": True, "checks": None}]
)
def test_a_plain_endpoint_is_ready_without_checks(body: object) -> None:
    assert facts_of(says(body)) == Facts(probes=Probes(ready=True))


@pytest.mark.parametrize("body", [b"Unhealthy", {"status": "down"}, {"status": "error"}, {"ok": False, "status": "ok"}])
def test_an_answer_of_200_that_says_no_is_red(body: object) -> None:
    assert facts_of(says(body)) == Facts(probes=Probes(ready=False))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"not found, sorry", ""),
        (b"null", ""),
        (b'"Internal Server Error"', ""),
        (b"\xff\xfe", ""),
        ([1], ""),
        ({"login": "please"}, ", as it has no `ok`"),
        ({}, ", as it has no `ok`"),
        ({"status": "degraded"}, ", as `status` is no word that we know"),
        ({"status": 200}, ", as `status` is no word that we know"),
    ],
    ids=str,
)
def test_an_answer_that_says_neither_yes_nor_no_is_not_judged(body: object, why: str) -> None:
    assert error_of(says(body)) == (
        f"the answer says neither yes nor no{why}; expected JSON with `ok` true or false or with a `status` such as "
        "ok or down, or a word such as ok alone"
    )


@pytest.mark.parametrize("ok", [True, False])
def test_what_the_service_says_of_itself_counts_beside_its_checks(ok: bool) -> None:
    body = {"ok": ok, "checks": {"sox": {"ok": not ok}, "db": True}}
    assert facts_of(says(body)).probes == Probes(ready=ok, checks={"sox": not ok, "db": True})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"checks": {"db": {"ok": "false"}}}, "not told, as they do not say true or false under a short name: db"),
        ({"ffmpeg": {"ok": None}}, "not told, as they do not say true or false under a short name: ffmpeg"),
        (
            {"queue": {"warning": "yes"}, "checks": {"a\nb": 1}},
            "not told, as they do not say true or false under a short name: a b, queue",
        ),
        (
            {"checks": {str(number) * 64: {"ok": True} for number in range(7)}},
            "not told, as they do not say true or false under a short name: "
            + ", ".join(str(number) * 63 for number in range(5))
            + " and 2 more",
        ),
        (
            {"checks": [{"name": "db", "ok": False}]},
            "`checks` of the answer is no object with a check by each name, and is not told",
        ),
    ],
    ids=["text", "null", "several", "long", "list"],
)
def test_a_check_that_cannot_be_told_is_named(body: dict[str, object], said: str) -> None:
    with Peer(says({"ok": True} | body)) as peer:
        (part,) = parts(source(peer.url))
    assert part.facts == Facts(probes=Probes(ready=True), notices=(f"{peer.url}: {said}",))


@pytest.mark.parametrize("status", ["500 Oh", "502 Bad Gateway", "503 No", "504 Late"])
@pytest.mark.parametrize("body", [b"<html>nginx", b"", b'{"ok": tr', b"busy"])
def test_any_failure_of_the_server_is_red(status: str, body: bytes) -> None:
    assert facts_of(says(body, status)) == Facts(probes=Probes(ready=False))


@pytest.mark.parametrize("script", [Talk.reset, lambda _: None], ids=["reset", "closed"])
def test_a_connection_that_breaks_is_red(script: Callable[[Talk], None]) -> None:
    assert facts_of(script) == Facts(probes=Probes(ready=False))


def test_where_nobody_listens_it_is_red_and_the_probe_has_worked() -> None:
    url = closed()
    assert [(part.collector, part.facts, part.error) for part in parts(source(f"{url}/readyz", f"{url}/healthz"))] == [
        ("liveness", Facts(probes=Probes(live=False)), ""),
        ("readiness", Facts(probes=Probes(live=False, ready=False)), ""),
    ]


@pytest.mark.timeout(30)
def test_an_endpoint_that_hangs_is_red_and_leaves_time_for_the_other() -> None:
    def script(talk: Talk) -> None:
        if talk.path == "/healthz":
            talk.hang()
        talk.say(answer(GREEN))

    with Peer(script) as peer:
        found = parts(source(f"{peer.url}/readyz", f"{peer.url}/healthz"), seconds=1.0)
    assert [(part.facts and part.facts.probes, part.error) for part in found] == [
        (Probes(live=False), ""),
        (Probes(live=False, ready=True, checks=ALL_WELL), ""),
    ]


def test_a_service_that_is_alive_and_not_ready() -> None:
    def script(talk: Talk) -> None:
        talk.say(answer(b"OK") if talk.path == "/healthz" else answer(RED, "503 No"))

    with Peer(script) as peer:
        found = parts(source(f"{peer.url}/readyz", f"{peer.url}/healthz"))
    probes = found[-1].facts.probes if found[-1].facts else None
    assert probes is not None
    assert (probes.live, probes.ready) == (True, False)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            says(b"no", "401 No"),
            "answers 401: check the credentials: `http.headers`, or user and password in the address",
        ),
        (says(b"no", "404 No"), "answers 404: there is no such path; check the address"),
        (says(b"no", "429 No"), "answers 429: too many requests; scrape less often, or raise `max_age`"),
        (says(b"", "302 No", "Location: /login"), "answers 302 and points to another path, which is not followed"),
        (says(b"<html>"), "answers with a web page instead of JSON; check the path and the credentials"),
        (says(b'{"ok": tru'), "the JSON of the answer is none, at character 7"),
        (says(b'{"ok": true'), "the JSON of the answer is cut off"),
        (says({"ok": "yes"}), "`ok` of the answer is neither true nor false"),
        (says(gzip.compress(b" " * 2**23), "200 OK", "Content-Encoding: gzip"), "the answer is larger than 4 MiB"),
    ],
    ids=str,
)
def test_what_keeps_the_probe_from_working_says_nothing_of_the_service(script: Script, said: str) -> None:
    assert error_of(script) == said


def test_an_endpoint_that_cannot_be_judged_leaves_the_other_as_it_is() -> None:
    with Peer(says(GREEN)) as peer:
        live, ready = parts(source(f"{peer.url}/readyz", "http://no-such-host.invalid/healthz"))
    assert (live.facts, live.error) == (
        None,
        "http://no-such-host.invalid/healthz: the host's name cannot be resolved; check the address",
    )
    assert ready.facts is not None
    assert ready.facts.probes == Probes(ready=True, checks=ALL_WELL)


def test_headers_do_not_go_to_a_liveness_endpoint_elsewhere() -> None:
    with Peer(says(GREEN)) as home, Peer(says(b"OK")) as other:
        parts(source(home.url, other.url))
    assert ["tok3n" in peer.asked[0] for peer in (home, other)] == [True, False]


def test_checks_beyond_a_number_are_left_out_with_a_notice() -> None:
    body = {"ok": True, "checks": {f"check-{index}": {"ok": True} for index in range(MOST_CHECKS + 1)}}
    with Peer(says(body)) as peer:
        (part,) = parts(source(peer.url))
    assert part.facts is not None
    assert part.facts.probes is not None
    assert list(part.facts.probes.checks) == [f"check-{index}" for index in range(MOST_CHECKS)]
    assert part.facts.notices == (f"{peer.url}: of its 51 checks only 50 are told",)


def test_nothing_is_concluded_when_the_time_was_over_before() -> None:
    with Peer(says(GREEN)) as peer, pytest.raises(TimedOut, match="the time limit was over"):
        parts(source(peer.url), seconds=-1)
    assert peer.asked == []


def test_what_is_sent_is_told_without_secrets() -> None:
    with Peer(says(GREEN)) as peer:
        url = peer.url.replace("://", "://alice:s3cret@")
        reader = engines.reader(source(f"{url}/readyz?key=qu3ry", f"{peer.url}/healthz"))
        sent = reader.statements(Request(deadline=soon(), extras=frozenset()))
    assert sent == [
        Statement("liveness", f"GET {peer.url}/healthz"),
        Statement("readiness", f"GET {peer.url}/readyz?…"),
    ]


@pytest.mark.timeout(30)
def test_a_reading_that_is_stopped_says_nothing_of_the_service() -> None:
    found: list[Part] = []
    with Peer(Talk.hang) as peer:
        reader = engines.reader(source(peer.url))
        thread = threading.Thread(
            target=lambda: found.extend(reader.read(Request(deadline=soon(), extras=frozenset())))
        )
        thread.start()
        until(lambda: peer.asked)
        reader.stop()
        thread.join(20)
    assert [(part.facts, part.error) for part in found] == [
        (None, f"{peer.url}: no complete answer within the time limit")
    ]
