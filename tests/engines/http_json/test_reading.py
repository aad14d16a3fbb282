"""Readings of an API as a whole: what they send, what ends them, and what they cost others."""

from __future__ import annotations

import threading

import pytest

from jobqueue_exporter import engines
from jobqueue_exporter.collect import Collection
from jobqueue_exporter.config.http_types import Http, HttpRequest, HttpSchedule
from jobqueue_exporter.config.types import Config, Duration, EngineName, Source
from jobqueue_exporter.engines.protocol import Collector, Request, Statement, Tier
from jobqueue_exporter.errors import Refused, SourceError, TimedOut
from jobqueue_exporter.model import Breaker, Cause, CircuitBreaker, Facts, Probes, Signal, Snapshot
from jobqueue_exporter.secret import Secret
from tests.deadline import until
from tests.http_peer import Peer, Script, Talk, answer, says
from tests.sources.conftest import soon

GREEN = {"ok": True, "checks": {"db": {"ok": True}}}
STATS = {"dlq": {"total_failed": 2, "last_24h": 1, "avg_retries": 3, "recovery": {"pending_recovery": 1}}}


def dlq_api(url: str, name: str = "charts", **more: float) -> Source:
    timeout = Duration(more.pop("timeout", 20))
    http = Http(preset="dlq-api", headers={"X-Token": Secret("tok3n")})
    return Source(
        name=name, dsn=Secret(url), engine=EngineName("http-json"), http=http, timeout=timeout, max_age=Duration(1e-9)
    )


def readiness(url: str, name: str = "app", timeout: float = 20) -> Source:
    engine = EngineName("readiness")
    return Source(name=name, dsn=Secret(url), engine=engine, timeout=Duration(timeout), max_age=Duration(1e-9))


def read(*sources: Source) -> dict[str, Snapshot]:
    collection = Collection(Config(sources=sources), engines.reader)
    try:
        return {snapshot.source: snapshot for snapshot in collection.read()}
    finally:
        collection.close()


def test_collectors_are_requests_and_lists_of_dead_jobs_are_extras() -> None:
    reader = engines.reader(dlq_api("http://localhost"))
    assert (reader.engine, reader.collectors) == (
        "http-json",
        (Collector("stats", Tier.CORE), Collector("failures", Tier.EXTRA)),
    )
    assert {signal for signal, told in reader.signals.items() if told} == {Signal.CAUSES, Signal.RECOVERY}


def test_what_is_sent_is_told_without_secrets() -> None:
    with Peer(says(STATS)) as peer:
        reader = engines.reader(dlq_api(peer.url.replace("://", "://alice:s3cret@") + "/base/?key=qu3ry"))
        sent = reader.statements(Request(deadline=soon(), extras=frozenset({"failures"})))
    assert sent == [
        Statement("stats", f"GET {peer.url}/base/api/queue/dlq/stats?…"),
        Statement("failures", f"GET {peer.url}/base/api/queue/dlq/failures?…"),
    ]
    assert [request.split()[1] for request in peer.asked] == [
        "/base/api/queue/dlq/stats?key=qu3ry",
        "/base/api/queue/dlq/failures?key=qu3ry&limit=100",
    ]


@pytest.mark.parametrize(
    ("script", "kind"),
    [(says(b"", "401 No"), Refused), (says(b"<html>"), Refused), (Talk.hang, TimedOut)],
    ids=["401", "page", "hangs"],
)
def test_a_reading_that_is_worth_nothing_says_why(script: Script, kind: type[SourceError]) -> None:
    with Peer(script) as peer:
        reader = engines.reader(dlq_api(peer.url))
        with pytest.raises(kind):
            list(reader.read(Request(deadline=soon(0.5), extras=frozenset({"failures"}))))
    assert len(peer.asked) == 1


def test_failures_that_cannot_be_had_cost_only_the_causes() -> None:
    def script(talk: Talk) -> None:
        talk.say(answer(STATS) if "stats" in talk.path else answer(b"", "500 Oh"))

    with Peer(script) as peer:
        found = read(dlq_api(peer.url))["charts"]
    assert (found.up, found.signals[Signal.CAUSES], found.signals[Signal.RECOVERY]) == (True, False, True)
    assert [(each.name, each.success, each.error) for each in found.collectors] == [
        ("stats", True, ""),
        ("failures", False, f"{peer.url}/api/queue/dlq/failures: answers 500"),
    ]
    (dead,) = (found.facts.dead_letters or {}).values()
    assert (dead.causes, dead.recent, dead.attempts_average) == ({}, {"24h": 1}, 3)


def test_stats_and_failures_are_told_as_one() -> None:
    def script(talk: Talk) -> None:
        rows = [{"error_message": "timeout"}, {"error_message": "timeout"}]
        talk.say(answer(STATS) if "stats" in talk.path else answer({"failures": rows}))

    with Peer(script) as peer:
        found = read(dlq_api(peer.url))["charts"]
    (dead,) = (found.facts.dead_letters or {}).values()
    assert (dead.causes[Cause.RECOVERABLE], dead.recent, dead.attempts_average) == (2, {"24h": 1}, 3)
    assert found.signals[Signal.CAUSES]


def test_zeros_that_prove_nothing_leave_the_source_up_and_silent() -> None:
    zeros = {"dlq": {"total_failed": 0, "last_24h": 0, "avg_retries": 0, "recovery": {"pending_recovery": 0}}}

    def script(talk: Talk) -> None:
        talk.say(answer(zeros) if "stats" in talk.path else answer({"failures": [], "count": 0}))

    with Peer(script) as peer:
        found = read(dlq_api(peer.url))["charts"]
    assert found.up
    assert (found.facts.lanes, found.facts.dead_letters, found.facts.recovery) == (None, None, None)
    assert set(found.signals.values()) == {False}
    assert any("all zeros" in notice for notice in found.facts.notices or ())


def test_a_source_without_lanes_is_up_and_invents_none() -> None:
    with Peer(says(GREEN)) as peer:
        found = read(readiness(peer.url))["app"]
    assert (found.up, found.error, found.policies, found.flows) == (True, "", {}, None)
    assert found.facts == Facts(probes=Probes(ready=True, checks={"db": True}), notices=())


def test_a_breaker_alone_is_a_source_too() -> None:
    mapping = Http(preset="admin-api")

    def script(talk: Talk) -> None:
        wanted = talk.path == "/api/admin/jobs"
        talk.say(answer({"mcpCircuitBreaker": {"state": "open"}}) if wanted else answer(b"", "404 No"))

    with Peer(script) as peer:
        wanted = Source(name="admin", dsn=Secret(peer.url), engine=EngineName("http-json"), http=mapping)
        found = read(wanted)["admin"]
    assert (found.up, found.facts.lanes) == (True, None)
    assert found.facts.breakers == {"mcp": CircuitBreaker(state=Breaker.OPEN)}


@pytest.mark.parametrize(("body", "told"), [({"at": 1767686400}, True), ({"at": None}, False)])
def test_schedules_are_a_signal_where_they_are_told(body: object, told: bool) -> None:
    schedule = HttpSchedule(name="discovery", last_success="$.at")
    mapping = Http(requests=(HttpRequest(name="one", path="jobs", schedules=(schedule,)),))
    with Peer(says(body)) as peer:
        wanted = Source(name="a", dsn=Secret(peer.url), engine=EngineName("http-json"), http=mapping)
        found = read(wanted)["a"]
    assert (found.up, found.facts.schedules is not None, found.signals[Signal.SCHEDULES]) == (True, told, told)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "script", [Talk.hang, lambda talk: talk.drip(b"HTTP/1.1 100 Continue\r\n\r\n")], ids=["hangs", "drips"]
)
def test_an_api_that_hangs_costs_another_source_nothing(script: Script) -> None:
    with Peer(script) as slow, Peer(says(GREEN)) as well:
        collection = Collection(Config(sources=(dlq_api(slow.url), readiness(well.url))), engines.reader)
        try:
            hanging, quick = collection.ask()
            assert quick.future.result(20).up
            until(lambda: slow.asked)
            assert not hanging.future.done()
            assert [snapshot.up for snapshot in collection.read(["app"])] == [True]
            assert not hanging.future.done()
        finally:
            collection.close()


@pytest.mark.timeout(60)
def test_the_ticket_of_an_api_that_hangs_returns_by_its_own_limit_and_it_is_left_alone_for_a_while() -> None:
    with Peer(Talk.hang) as slow:
        collection = Collection(Config(sources=(dlq_api(slow.url, timeout=0.3),)), engines.reader)
        try:
            (first,) = collection.read()
            assert (first.up, first.error.endswith("no complete answer within the time limit")) == (False, True)
            until(lambda: "left alone for another" in collection.read()[0].error)
        finally:
            collection.close()
    assert len(slow.asked) == 1


@pytest.mark.timeout(60)
def test_a_health_endpoint_that_hangs_is_red_within_its_own_limit() -> None:
    with Peer(Talk.hang) as slow:
        found = read(readiness(slow.url, timeout=0.5))["app"]
    assert (found.up, found.facts.probes) == (True, Probes(ready=False))


@pytest.mark.timeout(60)
def test_closing_ends_a_reading_under_way() -> None:
    with Peer(Talk.hang) as slow:
        collection = Collection(Config(sources=(dlq_api(slow.url),)), engines.reader)
        (ticket,) = collection.ask()
        until(lambda: slow.asked)
        collection.close()
        assert not ticket.future.result(20).up
        until(lambda: not [t for t in threading.enumerate() if t.name == "read-charts"])
