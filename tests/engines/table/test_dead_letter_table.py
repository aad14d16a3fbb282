"""Dead jobs that are kept in a table of their own, beside the table of the living ones."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import DeadLetterTable
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Cause, DeadLetters, Lane, LaneJobs, Recovery, RecoveryState, Signal, State
from tests.engines.table.shop import Shop

# As a team has them that keeps its dead events beside its jobs.
TABLES = """
CREATE TABLE job_status (
    job_id text PRIMARY KEY, job_type text, status text, started_at timestamptz, completed_at timestamptz,
    execution_time_ms int, attempt_count int, error_message text, created_at timestamptz DEFAULT now());
CREATE TABLE dead_letter_queue (
    id bigserial PRIMARY KEY, original_event_name text, original_payload jsonb, attempt_count int,
    last_error text, status text, retry_after timestamptz, created_at timestamptz, updated_at timestamptz);
"""
JOBS = """
INSERT INTO job_status (job_id, job_type, status, started_at, created_at)
SELECT row_number() OVER (), kind, status, now() - started * interval '1 s', now() - created * interval '1 s'
FROM (VALUES ('harvest', 'pending', NULL, 300), ('harvest', 'pending', NULL, 100), ('harvest', 'running', 200, 400),
             ('harvest', 'failed', 900, 900), ('discover', 'completed', 900, 900), ('discover', 'cancelled', 900, 900))
     AS job(kind, status, started, created)
"""
DEAD = """
INSERT INTO dead_letter_queue (original_event_name, status, attempt_count, last_error, created_at)
SELECT kind, status, attempts, error, now() - seconds * interval '1 s'
FROM (VALUES ('harvest', 'pending', 3, 'HTTP 404', 5000), ('harvest', 'pending', 5, 'timed out', 90000),
             ('discover', 'pending', 1, NULL, 20), ('discover', 'retry_scheduled', 2, 'HTTP 500', 7000),
             ('discover', 'processed', 2, NULL, 99000), ('discover', 'abandoned', 2, NULL, 99000),
             ('discover', 'abandoned', 2, NULL, 99000), ('discover', NULL, 2, NULL, 99000))
     AS dead(kind, status, attempts, error, seconds)
"""
HARVEST, DISCOVER = Lane("job_status", "harvest"), Lane("job_status", "discover")


@pytest.fixture
def harvester(shop: Shop) -> Shop:
    """Six jobs, of which two have ended and one has failed for good, and eight rows of dead ones."""
    shop.run(TABLES, JOBS, DEAD)
    return shop


def _counts(pending: int = 0, retrying: int = 0, running: int = 0, dead: int = 0) -> dict[State, int]:
    return {State.PENDING: pending, State.RETRYING: retrying, State.RUNNING: running, State.DEAD_LETTER: dead}


def test_each_dead_job_is_counted_once(harvester: Shop) -> None:
    told = harvester.read()

    assert told.errors == {}
    assert told.lanes == {
        HARVEST: LaneJobs(
            counts=_counts(pending=2, running=1, dead=2),
            oldest_pending_seconds=300,
            oldest_running_seconds=200,
            oldest_dead_letter_seconds=90_000,
        ),
        DISCOVER: LaneJobs(
            counts=_counts(dead=1, retrying=1),
            oldest_pending_seconds=0,
            oldest_running_seconds=0,
            oldest_dead_letter_seconds=20,
        ),
    }


def test_recoveries_are_told_by_how_far_they_have_come(harvester: Shop) -> None:
    told = harvester.read()

    recovery = told.facts.recovery
    assert recovery is not None
    assert recovery.oldest_pending_seconds == pytest.approx(90_000, abs=5)
    assert recovery.jobs == {
        RecoveryState.PENDING: 3,
        RecoveryState.RETRY_SCHEDULED: 1,
        RecoveryState.RECOVERED: 1,
        RecoveryState.ABANDONED: 2,
    }
    assert told.signals[Signal.RECOVERY]


def test_only_those_that_wait_for_a_person_are_looked_at(harvester: Shop) -> None:
    none = dict.fromkeys(Cause, 0)

    assert harvester.read().facts.dead_letters == {
        HARVEST: DeadLetters(
            causes=none | {Cause.USER_ERROR: 1, Cause.RECOVERABLE: 1}, attempts_average=4.0, recent={"24h": 1}
        ),
        DISCOVER: DeadLetters(causes=none | {Cause.UNKNOWN: 1}, attempts_average=1.0, recent={"24h": 1}),
    }


def test_it_may_be_left_alone(harvester: Shop) -> None:
    told = harvester.read(dead_letters=False)

    assert told.facts.recovery is None
    assert told.lanes[HARVEST].counts == {State.PENDING: 2, State.RUNNING: 1, State.DEAD_LETTER: 1}


def test_nothing_dead_is_zero(shop: Shop) -> None:
    shop.run(TABLES)

    assert shop.read().facts.recovery == Recovery(jobs=dict.fromkeys(RecoveryState, 0), oldest_pending_seconds=0.0)


def test_another_table_with_other_words_may_be_named(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="dead_letter")
    shop.run(
        "CREATE TYPE fate AS ENUM ('Waiting', 'Again', 'Saved')",
        "CREATE TABLE graves (nr int, lane text, sort int, fate fate, died bigint, tries int, why jsonb)",
        "INSERT INTO graves SELECT 1, 'mail', 7, 'Waiting', extract(epoch FROM now()) * 1000 - 500000, 4,"
        """ '{"message": "HTTP 503"}'""",
        "INSERT INTO graves SELECT 2, 'mail', 7, 'Again', extract(epoch FROM now()) * 1000, 4, NULL",
    )
    words = DeadLetterTable(
        table="graves",
        id="nr",
        queue="lane",
        kind="sort",
        status="fate",
        attempts="tries",
        error="why",
        created_at="died",
        pending=("Waiting",),
        retry_scheduled=("Again",),
    )

    told = shop.read(dead_letters=words)

    lane = Lane("mail", "7")
    assert told.errors == {}
    assert told.lanes.keys() == {lane}
    assert told.lanes[lane].counts[State.DEAD_LETTER] == told.lanes[lane].counts[State.RETRYING] == 1
    assert told.lanes[lane].oldest_dead_letter_seconds == 500
    assert told.facts.dead_letters == {
        lane: DeadLetters(
            causes=dict.fromkeys(Cause, 0) | {Cause.RECOVERABLE: 1}, attempts_average=4.0, recent={"24h": 1}
        )
    }


def test_a_status_may_be_in_capitals_and_an_unknown_one_is_named(harvester: Shop) -> None:
    harvester.run(
        "UPDATE dead_letter_queue SET status = upper(status)",
        "INSERT INTO dead_letter_queue (status, created_at) VALUES ('lost', now())",
    )

    told = harvester.read()

    assert told.lanes[HARVEST].counts[State.DEAD_LETTER] == 2
    assert told.facts.notices == (
        "state 'lost' of public.dead_letter_queue.status is not mapped, its jobs are not counted: "
        "add it under `dead_letters:` in jobqueue.yml (`jobqueue init` writes one)",
    )


def test_one_that_merely_stands_beside_a_table_with_its_own_dead_jobs_is_left_out(shop: Shop) -> None:
    shop.jobs().add(3, kind="A", state="dead_letter")
    shop.run(TABLES.partition(";")[2], DEAD)

    told = shop.read(table="jobs")

    assert told.lanes.keys() == {Lane("jobs", "A")}
    assert told.lanes[Lane("jobs", "A")].counts[State.DEAD_LETTER] == 3
    assert told.facts.notices == (
        "public.dead_letter_queue is left out: public.jobs has dead jobs itself (dead_letter); name it under "
        "dead_letters if not",
    )


@pytest.mark.parametrize("moment", ["NULL", "'infinity'", "'-infinity'"])
def test_a_dead_job_without_a_moment_has_no_age(shop: Shop, moment: str) -> None:
    shop.run(TABLES, f"INSERT INTO dead_letter_queue (status, created_at) VALUES ('pending', {moment})")

    told = shop.read()

    assert told.facts.recovery is not None
    assert told.facts.recovery.oldest_pending_seconds is None
    assert told.lanes[Lane("job_status")].oldest_dead_letter_seconds is None


@pytest.mark.parametrize(
    ("words", "error"),
    [
        pytest.param(
            DeadLetterTable(table="dead_letter_queue", status="fate"),
            "dead_letters: there is no column fate in public.dead_letter_queue; there are: id,",
            id="missing",
        ),
        pytest.param(
            DeadLetterTable(table="dead_letter_queue", attempts="last_error"),
            "dead_letters: column last_error of public.dead_letter_queue must be a number column",
            id="unfit",
        ),
        pytest.param(DeadLetterTable(table="graves"), "there is no table graves", id="no table"),
    ],
)
def test_one_that_was_asked_for_and_is_wrong_is_refused_by_name(
    harvester: Shop, words: DeadLetterTable, error: str
) -> None:
    with pytest.raises(Refused) as caught:
        harvester.read(dead_letters=words)

    assert str(caught.value).startswith(error)
