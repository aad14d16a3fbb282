"""/healthz and /readyz."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobqueue_exporter.config.types import Config, Health
from jobqueue_exporter.engines.readiness.judgement import ready as as_probe_of_ours
from jobqueue_exporter.model import Binary, Facts, Lane, LaneJobs, Place, Probes, State, Workers
from jobqueue_exporter.sources.http_answer import Answer
from tests.web.api.exporter import ALICE, ask, users
from tests.web.certificates import MTLS, Desk, client_of
from tests.web.reader_by_hand import ready
from tests.web.served import config, served, soon

REASON = "postgresql://reader@db.example.com:5432/shop: connection refused"
COUNTS = {State.PENDING: 3, State.RUNNING: 1, State.DEAD_LETTER: 0}
WELL = Facts(
    lanes={Lane("mail", "SEND"): LaneJobs(counts=COUNTS, oldest_pending_seconds=12.5)},
    workers=Workers(live=2, stale=0),
    binaries=(Binary("ffmpeg", Place.WORKER, True),),
)
LATE = replace(WELL, lanes={Lane("mail"): LaneJobs(counts={State.PENDING: 1_200}, oldest_pending_seconds=9e5)})


def with_limits(*names: str, binaries: tuple[str, ...] = (), dead_letters: int = 100) -> Config:
    made = config(*names)
    sources = tuple(msgspec.structs.replace(one, binaries=binaries) for one in made.sources)
    return msgspec.structs.replace(made, sources=sources, health=Health(dead_letters=dead_letters))


def test_healthz_touches_no_source() -> None:
    readers = {"shop": ready(error=REASON)}
    with served(readers=readers) as server:
        soon(lambda: readers["shop"].reads == 1)
        found = ask(server, "/healthz")
        assert readers["shop"].reads == 1
    assert (found.status, found.body) == (200, {"ok": True})


def test_all_well_is_200_and_no_more_than_that() -> None:
    with served(readers={"shop": ready(WELL)}) as server:
        found = ask(server, "/readyz")
    assert (found.status, found.body) == (200, {"ok": True})


def test_in_detail_every_check_is_told() -> None:
    with served(readers={"shop": ready(WELL)}) as server:
        found = ask(server, "/readyz?detail=1")
    body: Any = found.body
    assert found.status == 200
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body.pop("timestamp"))
    assert re.fullmatch(r"It was read .* ago\.", body["checks"]["db"].pop("message"))
    assert body == {
        "ok": True,
        "checks": {
            "db": {"ok": True},
            "worker": {"ok": True, "message": "2 workers are live."},
            "queue": {"ok": True, "message": "3 jobs are pending."},
            "dlq": {"ok": True, "message": "No job is dead."},
        },
        "queue": {"length": 3, "oldestJobAge": 12.5, "warning": False},
        "ffmpeg": {"ok": True, "message": "Found: ffmpeg."},
    }


def test_a_queue_that_is_far_too_late_is_503() -> None:
    with served(readers={"shop": ready(LATE)}) as server:
        short = ask(server, "/readyz")
        body: Any = ask(server, "/readyz?detail=1").body
    assert (short.status, short.body) == (503, {"ok": False})
    assert (body["ok"], body["checks"]["queue"]["ok"]) == (False, False)
    assert body["queue"] == {"length": 1200, "oldestJobAge": 9e5, "warning": True}


def test_it_is_judged_by_the_limits_of_the_configuration() -> None:
    dead = replace(WELL, lanes={Lane("mail"): LaneJobs(counts={State.PENDING: 0, State.DEAD_LETTER: 5})})
    for limit, status in ((6, 200), (5, 503)):
        with served(with_limits("shop", dead_letters=limit), {"shop": ready(dead)}) as server:
            assert ask(server, "/readyz").status == status


def test_a_program_that_the_configuration_requires_must_be_there() -> None:
    gone = replace(WELL, binaries=(Binary("ffmpeg", Place.WORKER, False),))
    for binaries, status in (((), 200), (("ffmpeg",), 503)):
        with served(with_limits("shop", binaries=binaries), {"shop": ready(gone)}) as server:
            found = ask(server, "/readyz?detail=1")
        body: Any = found.body
        assert (found.status, body["ffmpeg"]["ok"]) == (status, status == 200)
        assert body["ffmpeg"]["message"].startswith("ffmpeg is missing on a live worker.")


def test_what_waits_in_a_paused_queue_is_left_out() -> None:
    with served(readers={"shop": ready(replace(LATE, paused={"mail": True}))}) as server:
        found = ask(server, "/readyz?detail=1")
    assert (found.status, found.body["queue"]) == (200, {"length": 0, "oldestJobAge": None, "warning": False})


@pytest.mark.parametrize(
    ("facts", "length"),
    [(Facts(lanes={}), 0), (Facts(lanes={Lane("mail"): LaneJobs(counts={})}), None), (Facts(), None)],
    ids=["no lane", "a lane that tells of no pending jobs", "no lanes told"],
)
def test_a_length_that_cannot_be_told_is_no_zero(facts: Facts, length: int | None) -> None:
    with served(readers={"shop": ready(facts)}) as server:
        found = ask(server, "/readyz?detail=1")
    assert found.status == 200
    assert found.body["queue"] == {"length": length, "oldestJobAge": None, "warning": False}


def test_the_worst_of_all_sources_counts_and_each_can_be_asked_for() -> None:
    readers = {"shop": ready(WELL), "mail": ready(LATE), "tube": ready(LATE)}
    with served(config(*readers), readers) as server:
        every, shop = ask(server, "/readyz?detail=1"), ask(server, "/readyz?detail=1&source=shop")
    body: Any = every.body
    assert (every.status, shop.status) == (503, 200)
    assert body["checks"]["queue"]["message"].startswith("mail: 1,200 jobs are pending")
    assert body["checks"]["queue"]["message"].endswith(" The same check is failed in 1 more.")
    assert body["queue"] == {"length": 2403, "oldestJobAge": 9e5, "warning": True}


def test_a_source_that_is_down_is_503_without_numbers_and_strangers_are_not_told_why() -> None:
    readers = {"shop": ready(WELL), "mail": ready(error=REASON)}
    with served(config("shop", "mail"), readers) as server:
        found = ask(server, "/readyz?detail=1")
    body: Any = found.body
    assert found.status == 503
    assert body["checks"]["db"] == {"ok": False, "message": "mail: It cannot be read: the exporter's log says why."}
    assert body["checks"]["worker"] == {"ok": False, "message": "mail: Cannot tell: the source cannot be read."}
    assert body["ffmpeg"]["ok"] is False
    assert body["queue"] == {"length": None, "oldestJobAge": None, "warning": False}
    assert "db.example.com" not in json.dumps(body)


def test_what_the_system_around_says_of_itself_is_a_check_too() -> None:
    with served(readers={"shop": ready(replace(WELL, probes=Probes(ready=False, checks={"db": False})))}) as server:
        found = ask(server, "/readyz?detail=1")
    body: Any = found.body
    assert found.status == 503
    assert body["checks"]["readiness"] == {"ok": False, "message": "The readiness endpoint is red: db."}


def test_our_own_engine_for_health_endpoints_understands_it() -> None:
    with served(readers={"shop": ready(LATE)}) as server:
        reply = server.ask("/readyz?detail=1")
    found = as_probe_of_ours(Answer(place="us", status=reply.status, body=reply.body), ["ffmpeg"])
    checks = {"db": True, "worker": True, "queue": False, "dlq": True, "ffmpeg": True}
    assert (found.probes, found.notices) == (Probes(ready=False, checks=checks), None)


def test_a_password_is_needed_only_for_more_than_the_verdict(tmp_path: Path) -> None:
    with served(readers={"shop": ready(error=REASON)}, web_config=users(tmp_path)) as server:
        alive, stranger = ask(server, "/healthz"), ask(server, "/readyz")
        more = [server.ask(f"/readyz?{query}") for query in ("detail=1", "source=shop", "source=zz")]
        alice = ask(server, "/readyz?detail=1", known=True)
        wrong = server.ask("/readyz?detail=1", {"Authorization": ALICE["Authorization"][:-4] + "AAAA"})
        lookalikes = [server.ask(path).status for path in ("/readyz/", "//readyz", "/readyz%20", "/healthz/")]
    assert (alive.status, stranger.status, alice.status, wrong.status) == (200, 503, 503, 401)
    assert stranger.body == {"ok": False}
    assert [each.status for each in more] == [401] * 3
    assert not any("shop" in each.text for each in more)
    assert REASON in json.dumps(alice.body)
    assert lookalikes == [401] * 4


def test_a_client_certificate_opens_the_reason(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.trust_clients_of(desk.authority)
    client = client_of(desk.authority, desk.authority.issue_cert("monitor"))
    with served(readers={"shop": ready(error=REASON)}, web_config=desk.write(MTLS)) as server:
        assert REASON in server.ask("/readyz?detail=1", tls=client).text


def test_readyz_counts_against_the_limit_of_requests_and_healthz_does_not(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("rate_limit: {interval: 1h, burst: 2}")
    with served(readers={"shop": ready(WELL)}, web_config=file) as server:
        assert [server.ask("/readyz").status for _ in range(3)] == [200, 200, 429]
        assert server.ask("/healthz").status == 200
