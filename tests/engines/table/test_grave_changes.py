"""Dead jobs in a table of their own are given back, given up or removed, by the words of that table."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import DeadLetterTable, States
from jobqueue_exporter.engines.operations import Change, Operation
from jobqueue_exporter.model import State
from tests.engines.table.orders import changed
from tests.engines.table.shop import Shop
from tests.engines.table.test_dead_letter_table import TABLES

REQUEUE, ABANDON, DELETE = Operation.REQUEUE, Operation.ABANDON, Operation.DELETE
NOTE = "; {!r} is a word that the table was not seen to hold before"
HARVESTER = """
INSERT INTO job_status (job_id, status) VALUES ('1', 'pending');
INSERT INTO dead_letter_queue (original_event_name, status, created_at, retry_after)
SELECT 'harvest', status, now() - interval '1 day', NULL
FROM unnest(ARRAY['pending', 'pending', 'retry_scheduled', 'processed', 'abandoned']) status;
"""
CHARTS = """
CREATE TABLE queue_jobs (job_id text PRIMARY KEY, status text, created_at bigint, started_at bigint,
    completed_at bigint, error_message text, retry_count int);
CREATE TABLE dlq_recovery_queue (job_id text PRIMARY KEY, original_message text, created_at bigint, status text,
    recovered_at bigint, notes text);
INSERT INTO queue_jobs SELECT 'j' || i, status, 1700000000, 1700000000, 1700000009, 'HTTP 503', 3
FROM unnest(ARRAY['failed', 'completed', 'queued']) WITH ORDINALITY AS job(status, i);
INSERT INTO dlq_recovery_queue SELECT 'j' || i, 'm', 1700000010, 'pending' FROM generate_series(1, 4) i;
"""
WORDS = States(waiting=("queued",), running=("processing",), dead_letter=("failed",), finished=("completed",))
RECOVERY = DeadLetterTable(table="dlq_recovery_queue", id="job_id")


def _requeued(shop: Shop, *ids: str, dry_run: bool = False) -> list[Change]:
    """What became of these, as system B is configured."""
    return changed(shop, REQUEUE, *ids, dry_run=dry_run, table="queue_jobs", states=WORDS, dead_letters=RECOVERY)


@pytest.fixture
def harvester(shop: Shop) -> Shop:
    """System C's tables, with rows 1 and 2 waiting for a person, 3 to 5 not."""
    shop.run(TABLES, HARVESTER)
    return shop


def _rows(shop: Shop, query: str) -> list[tuple[object, ...]]:
    return list(shop.database.connection.execute(query.encode()).fetchall())


def _statuses(shop: Shop) -> dict[object, object]:
    return dict(_rows(shop, "SELECT id::text, status FROM dead_letter_queue"))  # type: ignore[arg-type]  # rows of two


def test_it_is_scheduled_for_the_applications_own_retry(harvester: Shop) -> None:
    before = _statuses(harvester)
    (would,) = changed(harvester, REQUEUE, "2", dry_run=True)
    assert _statuses(harvester) == before
    (did,) = changed(harvester, REQUEUE, "2")
    after = ": the application's own retry takes it from there"
    assert would == Change("2", True, f"it is pending, and would be retry_scheduled{after}")
    assert did == Change("2", True, f"it was pending, and is retry_scheduled now{after}")
    assert _statuses(harvester) == before | {"2": "retry_scheduled"}
    moment = "now() - interval '1 min' AND now()"
    assert _rows(
        harvester,
        f"SELECT id FROM dead_letter_queue WHERE retry_after BETWEEN {moment} AND updated_at = retry_after",
    ) == [(2,)]


def test_it_is_given_up(harvester: Shop) -> None:
    assert changed(harvester, ABANDON, "1") == [Change("1", True, "it was pending, and is abandoned now")]
    assert _statuses(harvester)["1"] == "abandoned"


def test_it_is_removed(harvester: Shop) -> None:
    assert changed(harvester, DELETE, "1") == [Change("1", True, "it was pending, and is deleted")]
    assert set(_statuses(harvester)) == {"2", "3", "4", "5"}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("operation", [REQUEUE, ABANDON, DELETE])
def test_one_that_waits_for_nobody_is_left_alone(harvester: Shop, operation: Operation, *, dry_run: bool) -> None:
    before = _statuses(harvester)
    nowhere = "there is no such job among the dead ones in public.dead_letter_queue"
    assert changed(harvester, operation, "3", "4", "99", "x", dry_run=dry_run) == [
        Change(
            "3", False, "it is retry_scheduled, not waiting for a person: left alone", State.RETRYING, "retry_scheduled"
        ),
        Change("4", False, "it is processed, not waiting for a person: left alone", None, "processed"),
        Change("99", False, nowhere),
        Change("x", False, nowhere),
    ]
    assert _statuses(harvester) == before


def test_jobs_that_wait_are_called_off_in_their_own_table(harvester: Shop) -> None:
    text = "it was pending, and is cancelled now" + NOTE.format("cancelled")
    assert changed(harvester, Operation.CANCEL, "1") == [Change("1", True, text)]
    assert _rows(harvester, "SELECT status FROM job_status") == [("cancelled",)]


def test_one_that_the_jobs_table_holds_starts_anew_there_and_is_recovered_here(shop: Shop) -> None:
    shop.run(CHARTS)
    (would,) = _requeued(shop, "j1", dry_run=True)
    assert _rows(shop, "SELECT DISTINCT status FROM dlq_recovery_queue") == [("pending",)]
    first, second, third, lone = _requeued(shop, "j1", "j2", "j3", "j4")
    where = "its job in public.queue_jobs"
    note = NOTE.format("recovered")
    assert would == Change(
        "j1", True, f"{where} is failed, and would be queued; here it is pending, and would be recovered{note}"
    )
    assert first == Change(
        "j1", True, f"{where} was failed, and is queued now; here it was pending, and is recovered now{note}"
    )
    assert second == Change("j2", False, f"{where} is completed, not dead: left alone", State.DEAD_LETTER, "pending")
    assert third == Change("j3", False, f"{where} is queued, not dead: left alone", State.DEAD_LETTER, "pending")
    assert (lone.done, lone.text.partition(":")[0]) == (True, "it was pending, and is retry_scheduled now")
    assert _rows(
        shop, "SELECT status, retry_count, started_at, completed_at, error_message FROM queue_jobs WHERE job_id = 'j1'"
    ) == [("queued", 0, None, None, "HTTP 503")]
    recent = "recovered_at - date_part('epoch', now()) BETWEEN -60 AND 0"
    assert _rows(shop, f"SELECT job_id, status, {recent} FROM dlq_recovery_queue ORDER BY 1") == [
        ("j1", "recovered", True), ("j2", "pending", None), ("j3", "pending", None), ("j4", "retry_scheduled", None),
    ]  # fmt: skip
