"""What `jobqueue doctor` says of any source, whatever its engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from jobqueue_exporter import engines
from jobqueue_exporter.config.types import EngineName, Http, Source
from jobqueue_exporter.engines.protocol import Finding, Status
from jobqueue_exporter.secret import Secret

URL = "https://backend.example.com"


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as web:
        web.get(f"{URL}/healthz", json={"ok": True})
        yield web


def found() -> dict[str, Finding]:
    source = Source(
        name="a",
        dsn=Secret(f"{URL}/readyz"),
        engine=EngineName("readiness"),
        http=Http(liveness=Secret(f"{URL}/healthz")),
    )
    return {finding.topic: finding for finding in engines.checkup(source)}


def test_a_green_endpoint_is_told(web: responses.RequestsMock) -> None:
    web.get(f"{URL}/readyz", json={"ok": True, "checks": {"db": {"ok": True, "message": "fine"}}})
    told = found()
    assert told["engine"] == Finding(Status.OK, "engine", f"readiness, at {URL}/readyz")
    assert told["health"] == Finding(Status.OK, "health", "ready: yes, alive: yes")
    assert told["jobs"] == Finding(Status.INFO, "jobs", "it tells of no jobs")


def test_a_red_endpoint_is_no_good_news(web: responses.RequestsMock) -> None:
    web.get(f"{URL}/readyz", json={"ok": False, "checks": {"db": {"ok": False, "message": "gone"}}}, status=503)
    told = found()["health"]
    assert told == Finding(Status.WARNING, "health", "ready: NO, alive: yes; failed checks: db")
