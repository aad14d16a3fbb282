"""Flows from an events table, recounted minute by minute."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest

from jobqueue_exporter.config.types import Columns, Events
from jobqueue_exporter.model import BUCKETS, Flow, FlowCount, FlowWindow, Lane, Signal
from tests.engines.table.shop import EVENTS, Jobs, Shop

A, B = Lane("jobs", "A"), Lane("jobs", "B")
ALL = frozenset(Flow)


@pytest.fixture
def jobs(shop: Shop) -> Jobs:
    """A jobs table beside an events table with the indexes that flows need."""
    shop.run(EVENTS)
    return shop.jobs()


def _job(jobs: Jobs, kind: str = "A", **values: str | int | None) -> str:
    """A new job's id."""
    job = str(uuid4())
    jobs.add(**{"id": job, "kind": kind, "state": "queued", "run_at": None, "created_at": -250} | values)
    return job


def _counts(window: FlowWindow) -> dict[tuple[Lane, Flow], int]:
    """Events by lane and flow, all minutes and buckets together."""
    total: Counter[tuple[Lane, Flow]] = Counter()
    for count in window.counts:
        total[count.lane, count.flow] += count.count
    return dict(total)


def _durations(window: FlowWindow, flow: Flow) -> dict[int, tuple[int, float]]:
    """How many durations there are in each bucket, and their sum in seconds."""
    found: dict[int, tuple[int, float]] = {}
    for count in window.counts:
        if count.flow is flow:
            events, seconds = found.get(count.bucket, (0, 0.0))
            found[count.bucket] = (events + count.count, round(seconds + count.seconds, 6))
    return found


def test_each_thing_that_happened_is_counted_by_lane(shop: Shop, jobs: Jobs) -> None:
    one, two, three = _job(jobs, state="done"), _job(jobs, "B", state="failed"), _job(jobs, "B", state="cancelled")
    shop.events(
        (one, "enqueued", -200), (two, "created", -200), (three, "enqueued", -200),
        (one, "claimed", -150), (one, "progress", -140), (one, "progress", -130), (one, "finished", -100),
        (two, "started", -150), (two, "failed", -120), (two, "claimed", -60), (two, "error", -50),
        (three, "cancelled", -100), (three, "discarded", -90),
    )  # fmt: skip

    told = shop.read()

    assert told.flows.tells == ALL
    assert _counts(told.flows) == {
        (A, Flow.ENQUEUED): 1,
        (B, Flow.ENQUEUED): 2,
        (A, Flow.COMPLETED): 1,
        (B, Flow.ATTEMPT_FAILED): 2,
        (B, Flow.CANCELLED): 1,
        (B, Flow.DISCARDED): 1,
        (A, Flow.WAIT): 1,
        (B, Flow.WAIT): 1,
        (A, Flow.RUN): 1,
        (B, Flow.RUN): 2,
    }
    flowing = {Signal.ENQUEUED, Signal.FINISHED, Signal.ATTEMPTS_FAILED, Signal.WAIT, Signal.RUN}
    assert {signal for signal, can in told.signals.items() if can} >= flowing


def test_an_event_counts_in_its_own_minute(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs)
    row = "date_trunc('minute', now()) - interval '{} minutes' + interval '{} s'"
    for minutes, seconds in ((3, 0), (3, 59.999999), (2, 0)):
        shop.run(f"INSERT INTO job_events VALUES ('{job}', 'enqueued', NULL, {row.format(minutes, seconds)})")

    found = sorted(shop.read().flows.counts, key=lambda count: count.minute)

    assert [(count.minute - found[0].minute, count.count) for count in found] == [(0, 2), (1, 1)]


def test_the_window_is_the_last_minutes_up_to_now(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs)
    shop.events((job, "enqueued", -100), (job, "enqueued", -1000), (job, "enqueued", 30))

    told = shop.read(late_commit=300.0)

    assert _counts(told.flows) == {(A, Flow.ENQUEUED): 1}
    assert told.facts.clock is not None
    assert told.flows.start % 60 == 0
    assert 300 <= told.flows.end - told.flows.start <= 360
    assert told.facts.clock - told.flows.end == pytest.approx(0, abs=10)


def test_after_an_outage_all_since_the_last_recount_is_counted(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs)
    shop.events((job, "enqueued", -1000), (job, "enqueued", -1700))
    reader = shop.reader(late_commit=300.0)
    end = shop.told(reader).flows.end

    counts = _counts(shop.told(reader, since=end - 900).flows)

    assert counts == {(A, Flow.ENQUEUED): 1}


def test_an_event_that_is_committed_late_is_in_the_next_recount(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs)
    shop.events((job, "enqueued", -100))
    reader = shop.reader()
    before = _counts(shop.told(reader).flows)
    shop.events((job, "enqueued", -110))

    after = _counts(shop.told(reader).flows)

    assert (before, after) == ({(A, Flow.ENQUEUED): 1}, {(A, Flow.ENQUEUED): 2})


def test_a_death_is_counted_with_or_without_an_event_of_its_own(shop: Shop, jobs: Jobs) -> None:
    silent, told, both, retried = (_job(jobs, state=s) for s in ("dead_letter", "queued", "dead_letter", "failed"))
    shop.events(
        (silent, "failed", -200), (silent, "failed", -100),
        (told, "failed", -100), (told, "dead_letter", -90),
        (both, "failed", -100), (both, "dead_letter", -100),
        (retried, "failed", -100),
    )  # fmt: skip

    counts = _counts(shop.read().flows)

    assert counts == {(A, Flow.ATTEMPT_FAILED): 5, (A, Flow.DEAD_LETTER): 3}


def test_a_job_that_is_long_dead_does_not_die_again(shop: Shop, jobs: Jobs) -> None:
    dead = _job(jobs, state="dead_letter")
    shop.events((dead, "failed", -4000), (dead, "progress", -100))

    assert _counts(shop.read().flows) == {}


def test_a_job_that_was_requeued_dies_once_more(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs, state="dead_letter")
    reader = shop.reader()
    shop.events((job, "failed", -280))
    dead = shop.told(reader).flows

    shop.run("UPDATE jobs SET state = 'queued'")
    requeued = shop.told(reader).flows
    shop.events((job, "failed", -20))
    shop.run("UPDATE jobs SET state = 'dead_letter'")
    dead_again = shop.told(reader).flows

    deaths = [_minutes(window, Flow.DEAD_LETTER) for window in (dead, requeued, dead_again)]
    assert [len(minutes) for minutes in deaths] == [1, 0, 1]
    assert deaths[0] != deaths[2]


def _minutes(window: FlowWindow, flow: Flow) -> set[int]:
    return {count.minute for count in window.counts if count.flow is flow}


def test_events_of_deleted_jobs_are_counted_once(shop: Shop, jobs: Jobs) -> None:
    kept, deleted, unseen = _job(jobs), _job(jobs), _job(jobs)
    shop.events((kept, "enqueued", -200), (deleted, "enqueued", -200))
    reader = shop.reader()
    before = _counts(shop.told(reader).flows)

    shop.events((unseen, "enqueued", -200), (deleted, "finished", -190), (unseen, "finished", -190))
    shop.run(f"DELETE FROM jobs WHERE id IN ('{deleted}', '{unseen}')")
    after = _counts(shop.told(reader).flows)

    assert before == {(A, Flow.ENQUEUED): 2}
    assert after == {(A, Flow.ENQUEUED): 1, (Lane("jobs"), Flow.ENQUEUED): 1, (Lane("jobs"), Flow.COMPLETED): 2}
    assert _counts(shop.told(reader).flows) == after


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0, 0), (0.5, 0), (0.500001, 1), (10, 4), (10.000001, 5), (86_400, 14), (86_400.000001, 15), (1e6, 15)],
)
def test_a_wait_that_equals_a_bound_is_within_it(shop: Shop, jobs: Jobs, seconds: float, bucket: int) -> None:
    # A moment that a float cannot hold exactly.
    claimed = "date_trunc('minute', now()) - interval '59.123457 s'"
    shop.run(
        f"INSERT INTO jobs (kind, state, created_at) VALUES ('A', 'running', {claimed} - '{seconds} s'::interval)",
        f"INSERT INTO job_events SELECT id, 'claimed', NULL, created_at + '{seconds} s'::interval FROM jobs",
    )

    assert BUCKETS[:5] == (0.5, 1, 2.5, 5, 10)
    assert _durations(shop.read().flows, Flow.WAIT) == {bucket: (1, seconds)}


def test_a_job_waits_from_when_it_is_due(shop: Shop, jobs: Jobs) -> None:
    for run_at, created_at in ((-100, -250), (None, -100), (-250, -100), ("-infinity", -100)):
        job = _job(jobs, run_at=run_at, created_at=created_at)
        shop.events((job, "claimed", -80))

    assert {bucket: count for bucket, (count, _) in _durations(shop.read().flows, Flow.WAIT).items()} == {5: 4}


@pytest.mark.parametrize("moment", ["infinity", "9999-12-31"])
def test_a_claim_before_the_job_is_due_has_no_wait(shop: Shop, jobs: Jobs, moment: str) -> None:
    shop.events((_job(jobs, run_at=moment), "claimed", -80))

    assert _durations(shop.read().flows, Flow.WAIT) == {}


def test_a_retry_waits_from_its_own_run_at(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs, created_at=-280, run_at=-280)
    reader = shop.reader()
    shop.events((job, "claimed", -240))
    first = _durations(shop.told(reader).flows, Flow.WAIT)

    shop.events((job, "failed", -200))
    shop.run("UPDATE jobs SET state = 'queued', run_at = now() - interval '100 s'")
    waiting = _durations(shop.told(reader).flows, Flow.WAIT)
    shop.events((job, "claimed", -80))
    second = _durations(shop.told(reader).flows, Flow.WAIT)

    assert [{bucket: count for bucket, (count, _) in found.items()} for found in (first, waiting, second)] == [
        {6: 1}, {}, {5: 1}
    ]  # fmt: skip


def test_a_second_claim_of_a_job_whose_run_at_did_not_move_has_no_wait(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs, created_at=-280)
    shop.events((job, "claimed", -275), (job, "started", -265), (job, "claimed", -10))

    assert {bucket: count for bucket, (count, _) in _durations(shop.read().flows, Flow.WAIT).items()} == {4: 1}


def test_an_attempt_runs_from_its_last_claim_to_its_end(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs, state="done")
    shop.run(
        *(
            f"INSERT INTO job_events SELECT '{job}', '{stage}', NULL, date_trunc('minute', now()) - '{ago} s'::interval"
            for stage, ago in (("claimed", 240), ("failed", 230), ("claimed", 200), ("progress", 150), ("finished", 80))
        )
    )

    assert _durations(shop.read().flows, Flow.RUN) == {4: (1, 10.0), 7: (1, 120.0)}


def test_a_run_whose_start_is_older_than_the_window_is_told_whole(shop: Shop, jobs: Jobs) -> None:
    job = _job(jobs, state="done")
    shop.events((job, "claimed", -9000), (job, "finished", -100))

    assert {bucket: count for bucket, (count, _) in _durations(shop.read().flows, Flow.RUN).items()} == {12: 1}


@pytest.mark.parametrize("start", [None, "'-infinity'"])
def test_an_end_without_a_start_has_no_run(shop: Shop, jobs: Jobs, start: str | None) -> None:
    job = _job(jobs, state="done")
    shop.events((job, "finished", -100))
    if start:
        shop.run(f"INSERT INTO job_events VALUES ('{job}', 'claimed', NULL, {start})")

    told = shop.read()

    assert told.errors == {}
    assert _durations(told.flows, Flow.RUN) == {}


def test_without_an_index_on_the_job_waits_and_runs_are_not_told(shop: Shop, jobs: Jobs) -> None:
    shop.run("DROP INDEX job_events_job_id_created_at_idx")
    shop.events((_job(jobs), "claimed", -80))

    told = shop.read()

    assert told.flows.tells == ALL - {Flow.WAIT, Flow.RUN}
    assert (told.signals[Signal.WAIT], told.signals[Signal.RUN]) == (False, False)


def test_without_an_index_on_the_moment_no_flow_is_told(shop: Shop, jobs: Jobs) -> None:
    shop.run("DROP INDEX job_events_created_at_idx")

    told = shop.read()

    assert told.facts.flow_window is None
    assert not told.signals[Signal.FINISHED]
    assert told.facts.notices == (
        "flows are not told by public.job_events: it has no index on created_at; `jobqueue doctor` prints it",
    )


def test_without_that_index_a_finished_at_column_tells_what_it_can(shop: Shop) -> None:
    shop.run(EVENTS, "DROP INDEX job_events_created_at_idx")
    shop.jobs(types={"finished_at": "timestamptz"}).add(kind="A", state="done", finished_at=-100)
    shop.run("CREATE INDEX ON jobs (finished_at)")

    assert _counts(shop.read().flows) == {(A, Flow.COMPLETED): 1}


def test_stages_may_be_an_enum_or_in_capitals(shop: Shop, jobs: Jobs) -> None:
    shop.run(
        "CREATE TYPE stage AS ENUM ('ENQUEUED', 'Claimed', 'FINISHED')",
        "ALTER TABLE job_events ALTER stage TYPE stage USING stage::stage",
    )
    shop.events((job := _job(jobs), "ENQUEUED", -100), (job, "Claimed", -90), (job, "FINISHED", -80))

    assert _counts(shop.read().flows) == {(A, flow): 1 for flow in (Flow.ENQUEUED, Flow.WAIT, Flow.RUN, Flow.COMPLETED)}


def test_another_table_with_other_words_and_epochs_may_be_named(shop: Shop) -> None:
    shop.run(
        "CREATE TABLE jobs (id int PRIMARY KEY, state text, kind text, attempts int, run_at bigint, created_at bigint)",
        "CREATE SCHEMA log",
        "CREATE TABLE log.history (nr bigint, what text, at bigint)",
        "CREATE INDEX ON log.history (at)",
        "CREATE INDEX ON log.history (nr)",
        "INSERT INTO jobs SELECT 7, 'done', 'A', 1, NULL, extract(epoch FROM now()) * 1000 - 100000",
        "INSERT INTO log.history SELECT 7, what, extract(epoch FROM now()) * 1000 - ago * 1000"
        " FROM (VALUES ('born', 100), ('taken', 95), ('born', 9000), ('over', 35)) AS event(what, ago)",
    )
    words = Events(
        table="log.history", job_id="nr", stage="what", created_at="at", enqueued=("Born",), started=("taken",),
        completed=("over",), failed=(), dead_letter=(), discarded=(), cancelled=(),
    )  # fmt: skip

    told = shop.read(events=words)

    assert told.errors == {}
    assert told.flows.tells == {Flow.ENQUEUED, Flow.COMPLETED, Flow.WAIT, Flow.RUN}
    assert _counts(told.flows) == {(A, flow): 1 for flow in told.flows.tells}
    assert _durations(told.flows, Flow.RUN) == {6: (1, 60.0)}


def test_they_may_be_left_alone(shop: Shop, jobs: Jobs) -> None:
    shop.events((_job(jobs), "enqueued", -100))

    assert shop.read(events=False).facts.flow_window is None


def test_an_empty_events_table_tells_of_nothing(shop: Shop, jobs: Jobs) -> None:
    flows = shop.read().flows

    assert (flows.counts, flows.tells) == ((), ALL)


@pytest.mark.parametrize(
    ("alter", "error"),
    [
        pytest.param(
            "ALTER TABLE job_events ALTER job_id TYPE text",
            "events: public.job_events.job_id does not match public.jobs: operator does not exist: uuid = text",
            id="another type of id",
        ),
        pytest.param(
            "ALTER TABLE jobs DROP id",
            "events: public.jobs has no column that tells jobs apart: name it under columns.id",
            id="no id",
        ),
        pytest.param(
            "ALTER TABLE job_events ALTER created_at DROP DEFAULT, ALTER created_at TYPE text",
            "events: column created_at of public.job_events must be a time or number column",
            id="no moment",
        ),
    ],
)
def test_events_that_cannot_be_used_are_named_and_cost_only_the_flows(
    shop: Shop, jobs: Jobs, alter: str, error: str
) -> None:
    jobs.add(kind="A", state="queued")
    shop.run(alter)

    unasked, asked = shop.read(), shop.read(events=Events(table="job_events"))

    assert (unasked.errors, unasked.facts.notices) == ({}, (f"public.job_events is left out: {error}",))
    assert asked.errors == {"flows": error}
    assert unasked.lanes == asked.lanes
    assert list(asked.lanes) == [A]


def test_a_table_without_an_id_may_name_another(shop: Shop, jobs: Jobs) -> None:
    shop.run("ALTER TABLE jobs RENAME id TO nr")
    jobs.database.connection.execute("INSERT INTO jobs (kind, state) VALUES ('A', 'queued')")
    shop.run("INSERT INTO job_events SELECT nr, 'enqueued' FROM jobs")

    found = shop.read(columns=Columns(id="nr")).flows.counts

    assert [(count.lane, count.flow, count.count) for count in found] == [(A, Flow.ENQUEUED, 1)]
    assert found[0] == FlowCount(found[0].minute, A, Flow.ENQUEUED, 1)
