"""How the API takes requests, good and bad."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jobqueue_exporter.model import Facts, Lane, LaneJobs, Snapshot, State
from jobqueue_exporter.snapshot_json import plain
from jobqueue_exporter.web.api.operations import OPERATIONS
from jobqueue_exporter.web.api.reading import document
from jobqueue_exporter.web.discretion import discreet
from tests.full_snapshot import FACTS, down, full
from tests.web.api.exporter import answered, ask, users
from tests.web.reader_by_hand import ready
from tests.web.served import config, served

PATHS = [operation.path for operation in OPERATIONS]
REASON = "postgresql://reader@db.example.com:5432/shop: connection refused"


def test_a_snapshot_is_as_the_command_once_prints_it() -> None:
    with served(config("shop", "mail"), {"shop": ready(), "mail": ready(error="refused")}) as server:
        every: Any = ask(server, "/api/v1/snapshot").body
        one: Any = ask(server, "/api/v1/snapshot?source=shop").body
    shop, mail = every["sources"]
    assert (shop["source"], shop["up"], shop["facts"]["lanes"][0]["counts"]) == ("shop", True, {"pending": 3})
    assert (mail["source"], mail["up"], mail["facts"]["lanes"]) == ("mail", False, None)
    assert [each["source"] for each in one["sources"]] == ["shop"]


@pytest.mark.parametrize(
    "snapshot", [full(), down(), Snapshot(source="shop", engine="", read_at=float("inf"), up=True)]
)
def test_nothing_of_a_snapshot_is_lost(snapshot: Snapshot) -> None:
    assert json.loads(msgspec.json.encode(document([snapshot]))) == {"sources": [plain(snapshot)]}


def test_odd_names_survive() -> None:
    lane = Lane("<b>\"'/\ud800", "🚀\0")
    with served(readers={"shop": ready(Facts(lanes={lane: LaneJobs(counts={State.PENDING: 1})}))}) as server:
        body: Any = ask(server, "/api/v1/snapshot").body
    assert [(each["queue"], each["kind"]) for each in body["sources"][0]["facts"]["lanes"]] == [
        ("<b>\"'/\\ud800", "🚀\0")
    ]


def test_strangers_are_not_told_why_things_fail_nor_what_was_noticed(tmp_path: Path) -> None:
    readers = {"shop": ready(replace(FACTS, notices=("public.jobs is odd",))), "mail": ready(error=REASON)}
    told = []
    for web_config, known in ((None, False), (users(tmp_path), True)):
        with served(config(*readers), readers, web_config=web_config) as server:
            told.append(json.dumps(ask(server, "/api/v1/snapshot", known=known).body))
    assert [("db.example.com" in each, "public.jobs" in each) for each in told] == [(False, False), (True, True)]


def test_what_a_stranger_is_told_differs_in_words_only() -> None:
    (_, causes) = full().collectors
    failed = replace(causes, error=REASON)
    snapshot = replace(full(), error=REASON, collectors=(failed,))
    told = discreet(snapshot)
    assert told.error == "It cannot be read: the exporter's log says why."
    assert [each.error for each in told.collectors] == ["the exporter's log says why"]
    assert told.facts.notices == ("1 thing to look at: the exporter's log and `jobqueue doctor` say what.",)
    facts = replace(told.facts, notices=snapshot.facts.notices)
    assert replace(told, error=REASON, collectors=(failed,), facts=facts) == snapshot
    silent = replace(full(), facts=Facts(), collectors=())
    assert discreet(silent) == silent


@pytest.mark.parametrize("path", PATHS)
def test_head_says_what_get_would_without_a_body(path: str) -> None:
    with served() as server:
        get, head = server.ask(path), server.ask(path, method="HEAD")
    assert (head.status, head.body) == (get.status, b"")
    assert int(head.headers["content-length"]) > 0
    assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_written(method: str) -> None:
    with served() as server:
        for path in PATHS:
            reply = server.ask(path, method=method)
            assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")
            assert "ask with GET" in answered(reply).error


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/dlq", "/api/v1/dlq/stats/", "/api/v2/snapshot"])
def test_any_other_path_says_what_there_is(path: str) -> None:
    with served() as server:
        reply = server.ask(path)
    assert reply.status == 404
    assert "/api/v1/openapi.json" in reply.text


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("nope", "'nope'"),
        ("", "''"),
        ("shop%00", r"'shop\x00'"),
        ("%3Cb%3E%F0%9F%9A%80", r"'<b>\U0001f680'"),
        ("x" * 500, f"'{'x' * 60}'"),
        ("postgresql://u:secret@h/d", "that"),
    ],
)
def test_an_unknown_source_is_404_with_those_that_there_are(source: str, told: str) -> None:
    with served(config("shop", "mail")) as server:
        for path in ("/readyz", "/api/v1/snapshot", "/api/v1/dlq/stats", "/api/v1/dlq/failures"):
            found = ask(server, f"{path}?source={source}")
            assert (found.status, found.error) == (404, f"no source is called {told}; there are: shop, mail")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "", "many", "9" * 500, "1%00", "%D9%A3"])
def test_a_limit_out_of_bounds_is_400(limit: str) -> None:
    with served() as server:
        found = ask(server, f"/api/v1/dlq/failures?limit={limit}")
    assert found.status == 400
    assert found.error.startswith("limit is '")
    assert found.error.endswith(", and must be a whole number from 1 to 100")


@pytest.mark.parametrize("limit", ["1", "100"])
def test_a_limit_in_bounds_is_taken(limit: str) -> None:
    with served() as server:
        assert ask(server, f"/api/v1/dlq/failures?limit={limit}").status == 200


def test_detail_is_0_or_1() -> None:
    with served() as server:
        assert ask(server, "/readyz?detail=0").body == {"ok": True}
        assert ask(server, "/readyz?detail=yes").error == "detail is 'yes', and must be 0 or 1"


def test_a_parameter_given_twice_is_not_guessed_at() -> None:
    with served(config("shop", "mail")) as server:
        found = ask(server, "/api/v1/snapshot?source=shop&source=mail")
    assert (found.status, found.error) == (400, "source is given 2 times; give it once")


def test_what_is_no_parameter_is_left_aside() -> None:
    with served() as server:
        assert ask(server, "/healthz?_=1&source=nope&limit=0").status == 200


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("/api/")])
def test_a_password_is_needed_where_there_are_users(path: str, tmp_path: Path) -> None:
    with served(web_config=users(tmp_path)) as server:
        assert server.ask(path).status == 401
        assert ask(server, path, known=True).status in {200, 503}
