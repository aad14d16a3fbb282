"""The verdict on what health endpoints, circuit breakers and the kill switch say."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import Health
from jobqueue_exporter.health import Check, Status, verdict
from jobqueue_exporter.model import Breaker, CircuitBreaker, Facts, Probes, Snapshot

_, OK, WARNING, FAILED = Status
CLOSED, OPEN = CircuitBreaker(state=Breaker.CLOSED), CircuitBreaker(state=Breaker.OPEN, failures=5)


def found(facts: Facts) -> Check | None:
    snapshot = Snapshot(source="app", engine="readiness", read_at=0, up=True, facts=facts)
    return next((check for check in verdict(snapshot, Health()).checks if check.name == "readiness"), None)


@pytest.mark.parametrize(
    ("facts", "status", "message"),
    [
        (Facts(probes=Probes(ready=True, live=True, checks={"db": True})), OK, "All that is told of it is well."),
        (Facts(probes=Probes(ready=False)), FAILED, "The readiness endpoint is red or does not answer."),
        (
            Facts(probes=Probes(ready=False, checks={"db": False, "w\n": False, "queue": True})),
            FAILED,
            "The readiness endpoint is red: db, w\N{REPLACEMENT CHARACTER}.",
        ),
        (Facts(probes=Probes(ready=False, checks={"db": True})), FAILED, "The readiness endpoint is red."),
        (
            Facts(probes=Probes(ready=True, live=False)),
            FAILED,
            "The liveness endpoint is red or does not answer.",
        ),
        (
            Facts(probes=Probes(ready=True, checks={"queue": False})),
            WARNING,
            "Not well by the readiness endpoint: queue.",
        ),
        (Facts(breakers={"mcp": OPEN}), WARNING, "The circuit breaker mcp is open after 5 failures."),
        (
            Facts(breakers={"mcp": CircuitBreaker(state=Breaker.HALF_OPEN)}),
            WARNING,
            "The circuit breaker mcp is half-open.",
        ),
        (Facts(breakers={"mcp": CLOSED}, kill_switch=False), OK, "All that is told of it is well."),
        (Facts(kill_switch=True), WARNING, "The kill switch is on: no work is done."),
        (
            Facts(probes=Probes(live=False), kill_switch=True),
            FAILED,
            "The liveness endpoint is red or does not answer. The kill switch is on: no work is done.",
        ),
    ],
)
def test_readiness(facts: Facts, status: Status, message: str) -> None:
    assert found(facts) == Check("readiness", status, message)


def test_a_source_that_tells_nothing_of_it_has_no_such_check() -> None:
    assert found(Facts()) is None


def test_a_red_endpoint_is_the_verdict() -> None:
    red = Snapshot(source="app", engine="", read_at=0, up=True, facts=Facts(probes=Probes(ready=False)))
    assert verdict(red, Health()).status is FAILED
