"""Who changed a job, and why, is written among the job's own events where they can hold it."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import Events
from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.model import Flow
from tests.engines.table.orders import WHO, WHY, changed, events, states
from tests.engines.table.shop import Jobs, Shop

REQUEUE = Operation.REQUEUE
SAID = {"by": WHO, "reason": WHY, "was": "dead_letter", "now": "queued", "command": "jobqueue"}


@pytest.fixture
def dead(jobs: Jobs) -> str:
    """A dead job beside one that waits."""
    jobs.new()
    return jobs.new(state="dead_letter")


def test_a_row_says_who_why_and_what_was(shop: Shop, jobs: Jobs, dead: str) -> None:
    (change,) = changed(shop, REQUEUE, dead)
    assert change.audited
    assert events(jobs) == [(dead, "requeued", SAID)]


def test_a_dry_run_writes_nothing_down(shop: Shop, jobs: Jobs, dead: str) -> None:
    (change,) = changed(shop, REQUEUE, dead, dry_run=True)
    assert (change.audited, events(jobs)) == (False, [])


def test_only_jobs_that_were_changed_have_a_row(shop: Shop, jobs: Jobs, dead: str) -> None:
    other = jobs.new(state="done")
    assert [change.audited for change in changed(shop, REQUEUE, other, dead)] == [False, True]
    assert [job for job, _, _ in events(jobs)] == [dead]


@pytest.mark.parametrize(
    "altered",
    [
        "ADD CHECK (stage IN ('enqueued', 'failed'))",
        "ADD tenant int NOT NULL",
        "ADD CHECK (data IS NULL)",
    ],
)
def test_where_the_table_refuses_it_the_job_is_changed_all_the_same(
    shop: Shop, jobs: Jobs, dead: str, altered: str
) -> None:
    shop.run(f"ALTER TABLE job_events {altered}")
    (change,) = changed(shop, REQUEUE, dead)
    assert (change.done, change.audited) == (True, False)
    assert (states(jobs, [dead]), events(jobs)) == (["queued"], [])


def test_a_row_that_cannot_say_who_is_no_audit(shop: Shop, jobs: Jobs, dead: str) -> None:
    shop.run("ALTER TABLE job_events DROP data")
    (change,) = changed(shop, REQUEUE, dead)
    assert (change.done, change.audited) == (True, False)
    assert shop.database.connection.execute("SELECT stage FROM job_events").fetchall() == [("requeued",)]


@pytest.mark.parametrize("name", ["details", "payload", "meta"])
def test_the_column_may_have_another_name(shop: Shop, jobs: Jobs, dead: str, name: str) -> None:
    shop.run(f"ALTER TABLE job_events RENAME data TO {name}", f"ALTER TABLE job_events ALTER {name} TYPE json")
    (change,) = changed(shop, REQUEUE, dead)
    assert change.audited
    assert shop.database.connection.execute(f"SELECT {name} FROM job_events".encode()).fetchall() == [(SAID,)]


def test_times_kept_as_numbers_are_written_in_their_own_unit(shop: Shop) -> None:
    shop.run(
        "CREATE TABLE job_events (job_id uuid, stage text, data jsonb, created_at bigint NOT NULL)",
        "CREATE INDEX ON job_events (created_at)",
        "INSERT INTO job_events SELECT gen_random_uuid(), 'x', NULL, (date_part('epoch', now()) - 60) * 1000",
    )
    jobs = shop.jobs()
    jobs.new()
    assert changed(shop, REQUEUE, jobs.new(state="dead_letter"))[0].audited
    query = "SELECT max(created_at) - min(created_at) BETWEEN 59000 AND 90000 FROM job_events"
    assert shop.database.connection.execute(query).fetchall() == [(True,)]


def test_a_job_that_starts_anew_was_not_enqueued_again(shop: Shop, jobs: Jobs, dead: str) -> None:
    shop.events((dead, "enqueued", -100), (dead, "failed", -50))
    reader = shop.reader()
    before = shop.told(reader).counts
    changed(shop, REQUEUE, dead)
    after = shop.told(reader).counts
    assert {flow: before[flow] for flow in after} == after
    assert {flow for _, flow in after} == {Flow.ENQUEUED, Flow.ATTEMPT_FAILED}


def test_the_tables_own_word_for_called_off_is_used(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    words = Events(table="job_events", cancelled=("stopped",))
    assert changed(shop, Operation.CANCEL, job, events=words)[0].audited
    assert [stage for _, stage, _ in events(jobs)] == ["stopped"]
