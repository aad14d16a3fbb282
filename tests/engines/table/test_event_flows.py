"""Flows from an events table, recounted minute by minute."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import Columns, Events
from jobqueue_exporter.model import Flow, FlowCount, FlowWindow, Lane, Signal
from tests.engines.table.shop import EVENTS, Jobs, Shop

A, B = Lane("jobs", "A"), Lane("jobs", "B")
ALL = frozenset(Flow)


def test_each_thing_that_happened_is_counted_by_lane(shop: Shop, jobs: Jobs) -> None:
    one, two, three = jobs.new(state="done"), jobs.new("B", state="failed"), jobs.new("B", state="cancelled")
    shop.events(
        (one, "enqueued", -200), (two, "created", -200), (three, "enqueued", -200),
        (one, "claimed", -150), (one, "progress", -140), (one, "progress", -130), (one, "finished", -100),
        (two, "started", -150), (two, "failed", -120), (two, "claimed", -60), (two, "error", -50),
        (three, "cancelled", -100), (three, "discarded", -90),
    )  # fmt: skip

    told = shop.read()

    assert told.flows.tells == ALL
    assert told.counts == {
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
    flowing = {Signal.ENQUEUED, Signal.FINISHED, Signal.FAILED, Signal.ATTEMPTS_FAILED, Signal.WAIT, Signal.RUN}
    assert {signal for signal, can in told.signals.items() if can} >= flowing


def test_an_event_counts_in_its_own_minute(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    row = "date_trunc('minute', now()) - interval '{} minutes' + interval '{} s'"
    for minutes, seconds in ((3, 0), (3, 59.999999), (2, 0)):
        shop.run(f"INSERT INTO job_events VALUES ('{job}', 'enqueued', NULL, {row.format(minutes, seconds)})")

    found = sorted(shop.read().flows.counts, key=lambda count: count.minute)

    assert [(count.minute - found[0].minute, count.count) for count in found] == [(0, 2), (1, 1)]


def test_the_window_is_the_last_minutes_up_to_now(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    shop.events((job, "enqueued", -100), (job, "enqueued", -1000), (job, "enqueued", 30))

    told = shop.read(late_commit=300.0)

    assert told.counts == {(A, Flow.ENQUEUED): 1}
    assert told.facts.clock is not None
    assert told.flows.start % 60 == 0
    assert 300 <= told.flows.end - told.flows.start <= 360
    assert told.facts.clock - told.flows.end == pytest.approx(0, abs=10)


def test_after_an_outage_all_since_the_last_recount_is_counted(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    shop.events((job, "enqueued", -1000), (job, "enqueued", -1700))
    reader = shop.reader(late_commit=300.0)
    end = shop.told(reader).flows.end

    counts = shop.told(reader, since=end - 900).counts

    assert counts == {(A, Flow.ENQUEUED): 1}


def test_an_event_that_is_committed_late_is_in_the_next_recount(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    shop.events((job, "enqueued", -100))
    reader = shop.reader()
    before = shop.told(reader).counts
    shop.events((job, "enqueued", -110))

    after = shop.told(reader).counts

    assert (before, after) == ({(A, Flow.ENQUEUED): 1}, {(A, Flow.ENQUEUED): 2})


def test_a_death_is_counted_with_or_without_an_event_of_its_own(shop: Shop, jobs: Jobs) -> None:
    silent, told, both, retried = (jobs.new(state=s) for s in ("dead_letter", "queued", "dead_letter", "failed"))
    shop.events(
        (silent, "failed", -200), (silent, "failed", -100),
        (told, "failed", -100), (told, "dead_letter", -90),
        (both, "failed", -100), (both, "dead_letter", -100),
        (retried, "failed", -100),
    )  # fmt: skip

    counts = shop.read().counts

    assert counts == {(A, Flow.ATTEMPT_FAILED): 5, (A, Flow.DEAD_LETTER): 3}


def test_a_job_that_is_long_dead_does_not_die_again(shop: Shop, jobs: Jobs) -> None:
    dead = jobs.new(state="dead_letter")
    shop.events((dead, "failed", -4000), (dead, "progress", -100))

    assert shop.read().counts == {}


def test_a_job_that_was_requeued_dies_once_more(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new(state="dead_letter")
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
    kept, deleted, unseen = jobs.new(), jobs.new(), jobs.new()
    shop.events((kept, "enqueued", -200), (deleted, "enqueued", -200))
    reader = shop.reader()
    before = shop.told(reader).counts

    shop.events((unseen, "enqueued", -200), (deleted, "finished", -190), (unseen, "finished", -190))
    shop.run(f"DELETE FROM jobs WHERE id IN ('{deleted}', '{unseen}')")
    after = shop.told(reader).counts

    assert before == {(A, Flow.ENQUEUED): 2}
    assert after == {(A, Flow.ENQUEUED): 1, (Lane("jobs"), Flow.ENQUEUED): 1, (Lane("jobs"), Flow.COMPLETED): 2}
    assert shop.told(reader).counts == after


def test_a_new_reader_does_not_count_anew_what_has_lost_its_job(shop: Shop, jobs: Jobs) -> None:
    deleted = jobs.new()
    shop.events((deleted, "enqueued", -200))
    shop.told(shop.reader())
    shop.run(f"DELETE FROM jobs WHERE id = '{deleted}'")

    reader = shop.reader()

    assert shop.told(reader).counts == {}
    assert shop.told(reader).counts == {}


def test_without_an_index_on_the_job_waits_and_runs_are_not_told(shop: Shop, jobs: Jobs) -> None:
    shop.run("DROP INDEX job_events_job_id_created_at_idx")
    shop.events((jobs.new(), "claimed", -80))

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

    assert shop.read().counts == {(A, Flow.COMPLETED): 1}


def test_stages_may_be_an_enum_or_in_capitals(shop: Shop, jobs: Jobs) -> None:
    shop.run(
        "CREATE TYPE stage AS ENUM ('ENQUEUED', 'Claimed', 'FINISHED')",
        "ALTER TABLE job_events ALTER stage TYPE stage USING stage::stage",
    )
    shop.events((job := jobs.new(), "ENQUEUED", -100), (job, "Claimed", -90), (job, "FINISHED", -80))

    assert shop.read().counts == {(A, flow): 1 for flow in (Flow.ENQUEUED, Flow.WAIT, Flow.RUN, Flow.COMPLETED)}


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
    assert told.counts == {(A, flow): 1 for flow in told.flows.tells}
    assert told.durations(Flow.RUN) == {6: (1, 60.0)}


def test_they_may_be_left_alone(shop: Shop, jobs: Jobs) -> None:
    shop.events((jobs.new(), "enqueued", -100))

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
