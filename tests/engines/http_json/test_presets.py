"""The APIs that are known, with answers as they give them."""

from __future__ import annotations

from typing import Any

import pytest

from jobqueue_exporter.engines.protocol import Part
from jobqueue_exporter.model import (
    Breaker,
    Cause,
    CircuitBreaker,
    DeadLetters,
    Facts,
    Lane,
    LaneJobs,
    Recovery,
    RecoveryState,
    State,
)
from tests.engines.http_json.asking import BASE, parts_of, source

STATS, FAILURES = "api/queue/dlq/stats", "api/queue/dlq/failures"
JOBS, DEAD, RETRIES = (
    "api/admin/jobs",
    "api/admin/dead-letter-queue?status=pending&limit=100",
    "api/admin/dead-letter-queue?status=retry_scheduled&limit=100",
)
LANE = Lane("jobs")
NONE = dict.fromkeys(Cause, 0)


def stats(total: int, **more: float) -> dict[str, Any]:
    recovery = {"total_in_recovery": 0, "pending_recovery": 0, "recovered": 0, "abandoned": 0}
    rest = {"permanent_failures": 0, "last_24h": 0, "avg_retries": 0}
    return {"dlq": {"total_failed": total, **rest, **more, "recovery": recovery}}


def failed(*errors: str | None) -> dict[str, Any]:
    rows = [{"job_id": f"j{n}", "site_name": "s", "error_message": e, "retry_count": 3} for n, e in enumerate(errors)]
    return {"failures": rows, "count": len(rows)}


def by_name(parts: list[Part]) -> dict[str, Facts]:
    assert [part.error for part in parts] == [""] * len(parts)
    return {part.collector: part.facts or Facts() for part in parts}


def test_the_dead_letter_api() -> None:
    told = stats(12, last_24h=4, avg_retries=2.75)
    told["dlq"]["recovery"] |= {"pending_recovery": 6, "recovered": 3, "abandoned": 1}
    answers = {STATS: told, FAILURES: failed("Request timeout", "invalid input", "took 1400 ms", None)}
    found = by_name(parts_of(source(preset="dlq-api", queue="charts"), answers))
    charts = Lane("charts")
    assert found == {
        "stats": Facts(
            lanes={charts: LaneJobs(counts={State.DEAD_LETTER: 12})},
            empty_lane=LaneJobs(counts={}),
            dead_letters={charts: DeadLetters(causes={}, attempts_average=2.75, recent={"24h": 4})},
            dead_letter_windows=("24h",),
            recovery=Recovery(jobs={RecoveryState.PENDING: 6, RecoveryState.RECOVERED: 3, RecoveryState.ABANDONED: 1}),
        ),
        "failures": Facts(
            dead_letters={
                charts: DeadLetters(causes=NONE | {Cause.RECOVERABLE: 1, Cause.USER_ERROR: 1, Cause.UNKNOWN: 2})
            },
            dead_letter_windows=(),
        ),
    }


def test_the_list_of_failures_is_asked_for_only_when_it_is_due() -> None:
    parts = parts_of(source(preset="dlq-api"), {STATS: stats(1)}, extras=False)
    assert [part.collector for part in parts] == ["stats"]


def test_all_zeros_of_the_dead_letter_api_say_nothing() -> None:
    said = "all zeros, which this API also answers when it cannot tell: nothing is concluded"
    assert by_name(parts_of(source(preset="dlq-api"), {STATS: stats(0), FAILURES: failed()})) == {
        "stats": Facts(notices=(f"{BASE}/{STATS}: {said}",)),
        "failures": Facts(notices=(f"{BASE}/{FAILURES}: {said}",)),
    }


def test_one_number_that_is_not_zero_makes_the_zeros_true() -> None:
    told = stats(0)
    told["dlq"]["recovery"]["recovered"] = 1
    found = by_name(parts_of(source(preset="dlq-api"), {STATS: told}, extras=False))["stats"]
    assert found.lanes == {LANE: LaneJobs(counts={State.DEAD_LETTER: 0})}


def row(number: int, status: str = "pending", event: str = "job/harvest") -> dict[str, Any]:
    return {
        "id": number,
        "original_event_name": event,
        "original_payload": {},
        "attempt_count": number,
        "last_error": "HTTP 503",
        "status": status,
        "created_at": "2020-01-01T00:00:00Z",
    }


def admin(jobs: dict[str, Any], dead: object, retries: object) -> dict[str, Facts]:
    return by_name(parts_of(source(preset="admin-api"), {JOBS: jobs, DEAD: dead, RETRIES: retries}))


@pytest.mark.parametrize("wrapped", ["items", "data", "deadLetters"])
def test_the_admin_api(wrapped: str) -> None:
    breaker = {"state": "half-open", "counts": {"failures": 5}}
    dead = [row(1), row(3), row(2, event="job/discover"), row(9, "abandoned")]
    # An API that does not heed the status in the address must not make a row count twice.
    retries = [*dead, row(4, "retry_scheduled")]
    found = admin({"jobs": [], "mcpCircuitBreaker": breaker}, {wrapped: dead}, {wrapped: retries})
    last = found["retries"]
    assert {lane: dict(jobs.counts) for lane, jobs in (last.lanes or {}).items()} == {
        Lane("jobs", "job/harvest"): {State.DEAD_LETTER: 2, State.RETRYING: 1},
        Lane("jobs", "job/discover"): {State.DEAD_LETTER: 1, State.RETRYING: 0},
    }
    assert last.breakers == {"mcp": CircuitBreaker(state=Breaker.HALF_OPEN, failures=5)}
    assert [facts.kill_switch for facts in found.values()] == [None] * 3
    assert [facts.notices for facts in found.values()] == [None] * 3


def test_the_admin_api_tells_why_jobs_died() -> None:
    found = admin({"mcpCircuitBreaker": {"state": "closed"}}, {"items": [row(2)]}, {"items": []})
    assert found["dead_letters"].dead_letters == {
        Lane("jobs", "job/harvest"): DeadLetters(causes=NONE | {Cause.RECOVERABLE: 1}, attempts_average=2)
    }


def test_a_kill_switch_is_told_where_the_admin_api_tells_it() -> None:
    answers = {"mcpCircuitBreaker": {"state": "open"}, "killSwitchActive": True}
    found = admin(answers, {"items": []}, {"items": []})["retries"]
    assert (found.kill_switch, found.lanes, found.breakers) == (True, {}, {"mcp": CircuitBreaker(state=Breaker.OPEN)})


def test_a_list_that_the_admin_api_cuts_short_is_told_as_capped() -> None:
    jobs = {"mcpCircuitBreaker": {"state": "closed"}}
    found = admin(jobs, {"items": [row(1)], "total": 40}, {"items": [], "pagination": {"total": 0}})["retries"]
    assert found.capped == {State.DEAD_LETTER: True, State.RETRYING: False}


@pytest.mark.parametrize("rows", [50, 100, 120])
def test_a_page_of_the_admin_api_that_is_full_and_says_no_total_is_told_as_capped(rows: int) -> None:
    jobs = {"mcpCircuitBreaker": {"state": "closed"}}
    found = admin(jobs, {"items": [row(1)] * rows}, {"items": [row(1, "retry_scheduled")] * 49})
    assert found["retries"].capped == {State.DEAD_LETTER: True}
    assert [facts.notices for facts in found.values()] == [
        None,
        (
            f"{BASE}/api/admin/dead-letter-queue: the list may be cut: it has {rows} items, as a full page has, and "
            "says no total; there are at least so many, and ages may be told low",
        ),
        None,
    ]
