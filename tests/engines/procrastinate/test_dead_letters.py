"""Failed jobs: counted where they are found cheaply, and looked at closely."""

from __future__ import annotations

import pytest

from jobqueue_exporter import engines
from jobqueue_exporter.engines.protocol import Status
from jobqueue_exporter.model import Cause, DeadLetters, Lane, State
from tests.engines.procrastinate.site import Site, request

BOOM = Lane("default", "boom")


@pytest.fixture
def failed(site: Site) -> Site:
    """Two jobs that failed, one of them two days ago."""
    old = site.defer("boom")
    site.work()
    site.run(f"UPDATE procrastinate_events SET at = at - interval '2 days' WHERE job_id = {old}")
    site.defer("boom")
    site.work()
    site.run(f"UPDATE procrastinate_jobs SET attempts = 4 WHERE id = {old}")
    return site


@pytest.fixture
def large(failed: Site) -> Site:
    """The same beside so many finished jobs that they must not be read."""
    failed.run(
        "ALTER TABLE procrastinate_jobs DISABLE TRIGGER USER",
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status) "
        "SELECT 'default', 'ok', 'succeeded' FROM generate_series(1, 20000)",
        "ALTER TABLE procrastinate_jobs ENABLE TRIGGER USER",
    )
    return failed


def test_they_are_told_by_lane_with_a_cause_that_nobody_knows(failed: Site) -> None:
    told = failed.told()

    assert told.counts() == {BOOM: {State.DEAD_LETTER: 2}}
    assert told.facts.dead_letters == {
        BOOM: DeadLetters(causes={Cause.UNKNOWN: 2}, attempts_average=2.5, recent={"24h": 1})
    }
    assert told.facts.dead_letter_windows == ("24h",)


def test_where_no_index_finds_them_they_cannot_be_told(large: Site) -> None:
    told = large.told()

    assert State.DEAD_LETTER not in (told.facts.capped or {})
    assert (told.facts.lanes, told.facts.dead_letters) == ({}, None)
    assert told.facts.notices == (
        "dead letters cannot be told: no index finds failed jobs; `jobqueue doctor` prints one",
    )


def test_the_index_that_doctor_prints_makes_them_told(large: Site) -> None:
    findings = [one for one in engines.checkup(large.source()) if one.topic == "index"]
    assert [(one.status, one.statement) for one in findings] == [
        (
            Status.WARNING,
            'CREATE INDEX CONCURRENTLY procrastinate_jobs_failed_idx ON "public"."procrastinate_jobs" '
            "(id, queue_name, task_name) WHERE status = 'failed';",
        )
    ]

    large.run(findings[0].statement)

    assert large.told().counts() == {BOOM: {State.DEAD_LETTER: 2}}
    assert [one for one in engines.checkup(large.source()) if one.topic == "index"] == []


def test_finished_jobs_are_never_read(large: Site) -> None:
    large.run(*(one.statement for one in engines.checkup(large.source()) if one.topic == "index"), "ANALYZE")

    statements = large.reader().statements(request(), explain=True)

    scanned = [one.text for one in statements if "Seq Scan on procrastinate_jobs" in one.plan]
    assert scanned == []
    assert any("procrastinate_jobs_failed_idx" in one.plan for one in statements)
