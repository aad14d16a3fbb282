"""What paths of a mapping find in the answers of an API."""

from __future__ import annotations

import time

import pytest
import responses

from jobqueue_exporter import engines
from jobqueue_exporter.config.types import Duration
from jobqueue_exporter.model import (
    Breaker,
    Cause,
    CircuitBreaker,
    DeadLetters,
    Facts,
    Lane,
    LaneJobs,
    Probes,
    Recovery,
    RecoveryState,
    Schedule,
    State,
)
from tests.engines.http_json.asking import BASE, error_of, facts_of, parts_of, request_of, source

NOTHING = LaneJobs(counts={})
PENDING, RUNNING, DEAD = State.PENDING, State.RUNNING, State.DEAD_LETTER


def test_numbers_of_one_lane() -> None:
    jobs = {
        "pending": "$.q.waiting",
        "running": "$.q.active",
        "queue": "mail",
        "kind": "SEND",
        "oldest_pending": "$.q.age",
    }
    assert facts_of({"q": {"waiting": 3, "active": "12", "age": 4.5}}, jobs=[jobs]) == Facts(
        lanes={Lane("mail", "SEND"): LaneJobs(counts={PENDING: 3, RUNNING: 12}, oldest_pending_seconds=4.5)},
        empty_lane=NOTHING,
    )


def test_a_lane_for_each_item_of_a_list() -> None:
    jobs = {"items": "$.queues", "queue": "$.name", "pending": "$.n", "oldest_pending": "$.since"}
    body = {"queues": [{"name": "a", "n": 1, "since": 9}, {"name": "b", "n": 0, "since": None}, {"name": 7, "n": 2}]}
    found = facts_of(body, jobs=[jobs])
    assert found.lanes == {
        Lane("a"): LaneJobs(counts={PENDING: 1}, oldest_pending_seconds=9),
        Lane("b"): LaneJobs(counts={PENDING: 0}, oldest_pending_seconds=0),
        Lane("7"): LaneJobs(counts={PENDING: 2}),
    }
    assert found.empty_lane == LaneJobs(counts={PENDING: 0}, oldest_pending_seconds=0)
    assert found.notices == (f"{BASE}/stats: there is no $.since in the answer",)


def test_a_job_for_each_item_of_a_list() -> None:
    dead = {"items": "$.rows", "each": "dead_letter", "kind": "$.kind", "oldest_dead_letter": "$.age"}
    rows = [{"kind": "A", "age": 5}, {"kind": "A", "age": 50}, {"kind": "B", "age": 1}, {"age": 2}]
    assert facts_of({"rows": rows}, jobs=[dead]).lanes == {
        Lane("jobs", "A"): LaneJobs(counts={DEAD: 2}, oldest_dead_letter_seconds=50),
        Lane("jobs", "B"): LaneJobs(counts={DEAD: 1}, oldest_dead_letter_seconds=1),
        Lane("jobs", ""): LaneJobs(counts={DEAD: 1}, oldest_dead_letter_seconds=2),
    }


def test_items_of_another_status_are_left_out() -> None:
    jobs = [
        {"items": "$", "each": "pending", "status": "$.status", "statuses": ["waiting", "queued"]},
        {"items": "$", "each": "running", "status": "$.status", "statuses": ["active"]},
    ]
    rows = [{"status": status} for status in ("waiting", "queued", "active", "done")]
    assert facts_of(rows, jobs=jobs).lanes == {Lane("jobs"): LaneJobs(counts={PENDING: 2, RUNNING: 1})}


def test_an_empty_list_is_nothing_and_not_unknown() -> None:
    jobs = {"items": "$.rows", "each": "dead_letter", "kind": "$.kind"}
    assert facts_of({"rows": []}, jobs=[jobs]) == Facts(lanes={}, empty_lane=LaneJobs(counts={DEAD: 0}))


def test_a_lane_that_only_one_of_two_lists_names_has_nothing_in_the_other() -> None:
    requests = [
        {"name": name, "path": name, "jobs": [{"items": "$", "each": state, "kind": "$.kind"}]}
        for name, state in [("dead", "dead_letter"), ("again", "retrying")]
    ]
    found = parts_of(source(*requests), {"dead": [{"kind": "A"}], "again": [{"kind": "B"}, {"kind": "B"}]})
    last = found[-1].facts or Facts()
    assert last.lanes == {
        Lane("jobs", "A"): LaneJobs(counts={DEAD: 1, State.RETRYING: 0}),
        Lane("jobs", "B"): LaneJobs(counts={DEAD: 0, State.RETRYING: 2}),
    }
    assert last.empty_lane == LaneJobs(counts={DEAD: 0, State.RETRYING: 0})


def test_what_one_request_counts_stays_when_another_fails() -> None:
    requests = [
        {"name": name, "path": name, "jobs": [{"dead_letter" if name == "dead" else "pending": "$.n"}]}
        for name in ("dead", "pending")
    ]
    first, second = parts_of(source(*requests), {"dead": {"n": 2}, "pending": 500})
    assert (first.facts or Facts()).lanes == {Lane("jobs"): LaneJobs(counts={DEAD: 2})}
    assert (second.facts, second.error) == (None, f"{BASE}/pending: answers 500")


def test_an_age_may_be_a_time() -> None:
    ago = time.time() - 600
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ago))
    for told in (ago, ago * 1000, stamp, stamp.removesuffix("Z"), stamp.replace("Z", "+00:00")):
        lanes = facts_of({"n": 1, "t": told}, jobs=[{"pending": "$.n", "oldest_pending": "$.t"}]).lanes or {}
        assert lanes[Lane("jobs")].oldest_pending_seconds == pytest.approx(600, abs=30)


def test_a_time_to_come_is_no_age_below_0() -> None:
    lanes = facts_of({"n": 1, "t": time.time() + 60}, jobs=[{"pending": "$.n", "oldest_pending": "$.t"}]).lanes or {}
    assert lanes[Lane("jobs")].oldest_pending_seconds == 0


def test_the_first_of_several_paths_that_leads_somewhere_counts() -> None:
    jobs = [{"pending": "$.a | $.b | $.c"}]
    assert facts_of({"c": 3, "b": 2}, jobs=jobs).lanes == {Lane("jobs"): LaneJobs(counts={PENDING: 2})}


def test_a_path_that_leads_nowhere_cannot_tell_and_is_named() -> None:
    found = facts_of({"a": 1}, jobs=[{"pending": "$.a", "running": "$.b"}], kill_switch="$.off", may_lack=["$.off"])
    assert found == Facts(
        lanes={Lane("jobs"): LaneJobs(counts={PENDING: 1})},
        empty_lane=NOTHING,
        notices=(f"{BASE}/stats: there is no $.b in the answer",),
    )


def test_null_cannot_tell_and_needs_no_notice() -> None:
    found = facts_of({"a": 1, "b": None}, jobs=[{"pending": "$.a", "running": "$.b"}])
    assert found == Facts(lanes={Lane("jobs"): LaneJobs(counts={PENDING: 1})}, empty_lane=NOTHING)


def test_an_answer_without_anything_that_is_looked_for_is_the_wrong_one() -> None:
    said = "nothing that is looked for is in the answer, as $.a"
    assert error_of({"error": "no"}, jobs=[{"pending": "$.a", "running": "$.b"}]) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (-1, "$.a is -1, expected a number of jobs"),
        (1.5, "$.a is 1.5, expected a whole number"),
        (True, "$.a is true or false, expected a number of jobs"),
        ("many", "$.a is text, expected a number of jobs"),
        ({"n": 1}, "$.a is an object, expected a number of jobs"),
    ],
)
def test_what_is_no_number_of_jobs_is_named_and_not_shown(found: object, said: str) -> None:
    assert error_of({"a": found}, jobs=[{"pending": "$.a"}]) == said


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"jobs": [{"items": "$.a", "pending": "$.n"}]}, "$.a is text, expected a list"),
        ({"kill_switch": "$.a"}, "$.a is text, expected true or false"),
        ({"breakers": [{"name": "x", "state": "$.a"}]}, "$.a is text, expected closed, open or half-open"),
        (
            {"schedules": [{"name": "x", "last_success": "$.a"}]},
            "$.a is text, expected a time, as in 2026-01-31T12:00:00Z",
        ),
        ({"schedules": [{"name": "$.b", "last_success": "$.c"}]}, "$.b is a list, expected text"),
    ],
    ids=str,
)
def test_what_is_of_another_type_is_named_and_not_shown(mapping: dict[str, object], said: str) -> None:
    assert error_of({"a": "hunter2", "b": [1], "c": 1}, **mapping) == said


def test_dead_letters_by_cause() -> None:
    dead = {"items": "$.f", "error": "$.e", "attempts": "$.n", "kind": "$.k"}
    rows = [{"e": "timeout", "n": 3, "k": "A"}, {"e": "HTTP 400", "n": 1, "k": "A"}, {"e": None, "n": 2, "k": "B"}]
    none = dict.fromkeys(Cause, 0)
    assert facts_of({"f": rows}, dead_letters=dead).dead_letters == {
        Lane("jobs", "A"): DeadLetters(causes=none | {Cause.RECOVERABLE: 1, Cause.USER_ERROR: 1}, attempts_average=2),
        Lane("jobs", "B"): DeadLetters(causes=none | {Cause.UNKNOWN: 1}, attempts_average=2),
    }


def test_how_many_died_lately() -> None:
    found = facts_of({"day": 4, "avg": 2.5}, dead_letters={"recent": {"24h": "$.day"}, "attempts_average": "$.avg"})
    assert found == Facts(
        dead_letters={Lane("jobs"): DeadLetters(causes={}, attempts_average=2.5, recent={"24h": 4})},
        dead_letter_windows=("24h",),
    )


def test_recovery_from_numbers_and_lists() -> None:
    mapping = {"pending": "$.p", "recovered": "$.r", "oldest_pending": "$.p[*].age"}
    assert facts_of({"p": [{"age": 5}, {"age": 70}], "r": 9}, recovery=mapping).recovery == Recovery(
        jobs={RecoveryState.PENDING: 2, RecoveryState.RECOVERED: 9}, oldest_pending_seconds=70
    )
    assert facts_of({"p": [], "r": 9}, recovery=mapping).recovery == Recovery(
        jobs={RecoveryState.PENDING: 0, RecoveryState.RECOVERED: 9}, oldest_pending_seconds=0
    )


@pytest.mark.parametrize(
    ("word", "state"),
    [("closed", Breaker.CLOSED), ("OPEN", Breaker.OPEN)]
    + [(word, Breaker.HALF_OPEN) for word in ("half-open", "HALF_OPEN", "halfOpen")],
)
def test_a_breaker_however_it_is_spelt(word: str, state: Breaker) -> None:
    mapping = {"name": "mcp", "state": "$.s", "failures": "$.n"}
    found = facts_of({"s": word, "n": 4}, breakers=[mapping]).breakers
    assert found == {"mcp": CircuitBreaker(state=state, failures=4)}


@pytest.mark.parametrize(("found", "active"), [(True, True), (False, False), ("on", True), ("False", False)])
def test_a_kill_switch(found: object, active: bool) -> None:
    assert facts_of({"k": found}, kill_switch="$.k").kill_switch is active


def test_health() -> None:
    mapping = {"ready": "$.ok", "checks": {"db": "$.db.ok", "cache": "$.cache.ok"}}
    found = facts_of({"ok": True, "db": {"ok": False}, "cache": None}, probes=mapping)
    assert found.probes == Probes(ready=True, checks={"db": False})


def test_health_is_also_taken_from_an_answer_of_503() -> None:
    reader = engines.reader(source({"name": "one", "path": "stats", "probes": {"ready": "$.ok"}}))
    with responses.RequestsMock() as api:
        api.get(f"{BASE}/stats", json={"ok": False}, status=503)
        (part,) = reader.read(request_of(reader))
    assert (part.facts or Facts()).probes == Probes(ready=False)


def test_schedules() -> None:
    mapping = [
        {"name": "discovery", "last_success": "$.d", "interval": Duration(1800)},
        {"items": "$.all", "name": "$.id", "last_success": "$.at", "interval_seconds": "$.every"},
    ]
    body = {
        "d": "2026-01-06T08:00:00Z",
        "all": [{"id": "a", "at": 1767686400, "every": 60}, {"id": "b", "at": None, "every": 5}],
    }
    assert facts_of(body, schedules=mapping).schedules == {
        "discovery": Schedule(last_success=1767686400, interval_seconds=1800),
        "a": Schedule(last_success=1767686400, interval_seconds=60),
        "b": Schedule(interval_seconds=5),
    }


@pytest.mark.parametrize("body", [{"a": 0, "f": []}, {"a": 0, "f": [], "b": "0"}])
def test_zeros_of_an_api_that_lies_say_nothing(body: object) -> None:
    jobs = [{"pending": "$.a"}, {"items": "$.f", "each": "dead_letter"}]
    assert facts_of(body, jobs=jobs, zeros_prove_nothing=True) == Facts(
        notices=(f"{BASE}/stats: all zeros, which this API also answers when it cannot tell: nothing is concluded",)
    )
    assert facts_of(body, jobs=jobs).lanes == {Lane("jobs"): LaneJobs(counts={PENDING: 0})}


def test_more_schedules_than_can_be_told_are_refused() -> None:
    mapping = {"items": "$", "name": "$.id", "last_success": "$.at"}
    rows = [{"id": f"s{number}", "at": 1767686400} for number in range(201)]
    said = "201 schedules are more than the 200 that can be told; map a shorter list"
    assert error_of(rows, schedules=[mapping]) == said
    assert len(facts_of(rows[1:], schedules=[mapping]).schedules or {}) == 200
