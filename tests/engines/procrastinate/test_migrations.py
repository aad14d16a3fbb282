"""A schema of an older release, or one that is half migrated: what is missing is named, the rest is told."""

from __future__ import annotations

import pytest

from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, Signal, State
from tests.engines.procrastinate.site import Site, told

OK = Lane("default", "ok")
HALF = "procrastinate's tables in public are half migrated (schema 3.4), without {}: apply its remaining migrations"
BEFORE_HEARTBEATS = (
    "ALTER TABLE procrastinate_jobs DROP COLUMN worker_id",
    "DROP TABLE procrastinate_workers",
    "DROP FUNCTION procrastinate_fetch_job_v2, procrastinate_defer_jobs_v1, procrastinate_retry_job_v2",
    "CREATE FUNCTION procrastinate_fetch_job_v1() RETURNS int LANGUAGE sql AS "
    "'SELECT count(*)::int FROM procrastinate_jobs earlier_jobs, procrastinate_jobs jobs "
    "WHERE earlier_jobs.id < jobs.id'",
)
BEFORE_RETRIES = (
    "ALTER TYPE procrastinate_job_event_type RENAME TO newer",
    "CREATE TYPE procrastinate_job_event_type AS ENUM ('deferred', 'started', 'deferred_for_retry', 'failed', "
    "'succeeded', 'cancelled', 'abort_requested', 'aborted', 'scheduled')",
    "ALTER TABLE procrastinate_events ALTER type TYPE procrastinate_job_event_type USING type::text::"
    "procrastinate_job_event_type",
    "DROP TYPE newer",
)


@pytest.fixture
def waiting(site: Site) -> Site:
    """Two jobs of one lock, the second of which is more urgent."""
    site.defer("ok", lock="a")
    site.defer("ok", lock="a", priority=3)
    site.defer("ok")
    return site


def test_a_release_before_heartbeats_is_told_without_them(waiting: Site) -> None:
    waiting.run(*BEFORE_HEARTBEATS, *BEFORE_RETRIES)
    reader = waiting.reader()

    found = waiting.told(reader)

    assert found.errors == {}
    assert found.facts.version == "schema 3.0"
    assert found.facts.notices == ()
    assert found.counts() == {OK: {State.PENDING: 2, State.BLOCKED: 1}}
    assert [jobs.stuck for jobs in (found.facts.lanes or {}).values()] == [None]
    assert found.facts.workers is None
    assert [one.name for one in reader.collectors] == ["jobs", "dead_letters", "flows"]
    assert not reader.signals[Signal.STUCK]
    assert not reader.signals[Signal.WORKERS]


def test_the_oldest_releases_have_jobs_that_are_being_aborted_among_the_running(waiting: Site) -> None:
    waiting.run(
        *BEFORE_HEARTBEATS,
        *BEFORE_RETRIES,
        "ALTER TABLE procrastinate_jobs DROP COLUMN abort_requested CASCADE",
        "DROP TRIGGER procrastinate_trigger_status_events_update_v1 ON procrastinate_jobs",
        "UPDATE procrastinate_jobs SET status = 'aborting' WHERE id = 3",
    )
    reader = waiting.reader()
    before = waiting.told(reader)
    waiting.run(
        "CREATE INDEX ON procrastinate_jobs (id, lock) WHERE status IN ('todo', 'doing', 'aborting')",
    )

    assert before.facts.version == "schema 2.6"
    assert before.facts.notices == (
        "running jobs that are being aborted are not counted: no index of this release finds them",
    )
    assert before.counts() == {OK: {State.PENDING: 1, State.BLOCKED: 1}}
    assert waiting.told().counts() == {OK: {State.PENDING: 1, State.BLOCKED: 1, State.RUNNING: 1}}


def test_workers_that_are_missing_cost_only_what_they_tell(waiting: Site) -> None:
    waiting.run("DROP TABLE procrastinate_workers CASCADE")
    reader = waiting.reader()

    found = waiting.told(reader)

    assert list(found.errors) == ["workers"]
    assert found.errors["workers"].startswith('there is no table "public"."procrastinate_workers"')
    assert found.counts() == {OK: {State.PENDING: 2, State.BLOCKED: 1}}
    assert [jobs.stuck for jobs in (found.facts.lanes or {}).values()] == [None]
    assert HALF.format("table procrastinate_workers of 3.1") in (found.facts.notices or ())
    assert not reader.signals[Signal.WORKERS]


def test_events_that_are_missing_cost_ages_and_flows(waiting: Site) -> None:
    waiting.run("DROP TABLE procrastinate_events")
    reader = waiting.reader()

    found = waiting.told(reader)

    assert list(found.errors) == ["flows"]
    assert found.errors["flows"].startswith('there is no table "public"."procrastinate_events"')
    assert found.counts() == {OK: {State.PENDING: 2, State.BLOCKED: 1}}
    assert [jobs.oldest_pending_seconds for jobs in (found.facts.lanes or {}).values()] == [None]
    assert not reader.signals[Signal.FINISHED]


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("DROP FUNCTION procrastinate_retry_job_v2", "function procrastinate_retry_job_v2 of 3.4"),
        ("DROP FUNCTION procrastinate_defer_jobs_v1", "function procrastinate_defer_jobs_v1 of 3.2"),
        ("ALTER TABLE procrastinate_jobs DROP COLUMN worker_id", "column worker_id of 3.1"),
        ("ALTER TABLE procrastinate_jobs DROP COLUMN abort_requested CASCADE", "column abort_requested of 3.0"),
    ],
)
def test_what_a_half_migrated_schema_lacks_is_named(waiting: Site, statement: str, missing: str) -> None:
    waiting.run(statement)

    found = waiting.told()

    assert (found.errors, found.facts.notices) == ({}, (HALF.format(missing),))
    assert found.counts() == {OK: {State.PENDING: 2, State.BLOCKED: 1}}


def test_without_a_known_rule_for_locks_blocked_cannot_be_told(waiting: Site) -> None:
    waiting.run("DROP FUNCTION procrastinate_fetch_job_v2")

    found = waiting.told()

    assert found.counts() == {OK: {State.PENDING: 3}}
    assert State.BLOCKED not in next(iter((found.facts.lanes or {}).values())).counts
    assert found.facts.notices == (
        HALF.format("function procrastinate_fetch_job_v2 that heeds priorities of 3.3"),
        "jobs that wait for a lock cannot be told and count as pending: its rule for locks is not known",
    )


@pytest.mark.parametrize("column", ["task_name", "scheduled_at"])
def test_without_a_column_that_jobs_need_nothing_is_told(waiting: Site, column: str) -> None:
    reader = waiting.reader()
    waiting.told(reader)
    waiting.run(f"ALTER TABLE procrastinate_jobs DROP COLUMN {column} CASCADE")

    with pytest.raises(Refused, match=rf"column \"?{column}\"? does not exist: was it renamed or dropped"):
        told(reader)
    with pytest.raises(Refused, match=rf"public.procrastinate_jobs has no column {column}: it is half migrated"):
        told(reader)


def test_a_table_that_comes_back_is_read_again(waiting: Site) -> None:
    reader = waiting.reader()
    waiting.told(reader)
    waiting.run("ALTER TABLE procrastinate_jobs RENAME TO elsewhere")
    for match in ("does not exist: was it renamed or dropped", "there is no table procrastinate_jobs in this database"):
        with pytest.raises(Refused, match=match):
            told(reader)

    waiting.run("ALTER TABLE elsewhere RENAME TO procrastinate_jobs")

    assert told(reader).counts() == {OK: {State.PENDING: 2, State.BLOCKED: 1}}
