"""Single jobs of a team's own table: which are listed, and all that is told of one."""

from __future__ import annotations

import json

import pytest

from jobqueue_exporter.engines.operations import Detail, Event, Job, Wanted
from jobqueue_exporter.errors import Refused, TimedOut
from jobqueue_exporter.model import Cause, Lane, RecoveryState, State
from tests.engines.table.desk import listed, operating
from tests.engines.table.shop import Jobs, Shop, Value

GRAVES = """
CREATE TABLE dead_letter_queue (id bigserial PRIMARY KEY, original_event_name text, original_payload jsonb,
  attempt_count int, last_error text, status text, retry_after timestamptz,
  created_at timestamptz DEFAULT now() - interval '2 hours', updated_at timestamptz DEFAULT now());
"""
HOSTILE = ["", "x", "'; DROP TABLE jobs; --", "a\0b", "\ud800", "9" * 20_000, "{}", "-1", "%", "1e400", "é" * 50]


def _detail(shop: Shop, job_id: str) -> Detail:
    with operating(shop.database) as operator:
        found = operator.inspect(job_id)
    assert found is not None
    return found


def _looked(shop: Shop, *ids: str) -> list[Job]:
    with operating(shop.database) as operator:
        return list(operator.look(ids))


def test_each_state_lists_what_the_metrics_count(shop: Shop, jobs: Jobs) -> None:
    jobs.add(2, state="queued", run_at=-10)
    jobs.add(3, state="queued", run_at=None, attempts=1)
    jobs.add(4, state="failed", run_at=-10)
    jobs.add(1, state="queued", run_at=100)
    jobs.add(2, state="queued", run_at=100, attempts=1)
    jobs.add(1, state="failed", run_at=100)
    jobs.add(2, state="running", heartbeat_at=-1)
    jobs.add(1, state="on_hold")
    jobs.add(5, state="dead_letter")
    jobs.add(9, state="completed")
    (counted,) = shop.read().lanes.values()

    found = {state: listed(shop.database, state) for state in State}

    assert {state: len(found[state]) for state in State} == dict(counted.counts)
    assert {state: {job.state for job in found[state]} for state in State} == {state: {state} for state in State}


@pytest.mark.parametrize(
    ("state", "asked", "found"),
    [
        (State.DEAD_LETTER, {"kind": "A"}, "a"),
        (State.DEAD_LETTER, {"kind": ""}, "n"),
        (State.DEAD_LETTER, {"kind": "a"}, ""),
        (State.DEAD_LETTER, {"kind": "\0"}, ""),
        (State.DEAD_LETTER, {"queue": "mail"}, "b"),
        (State.DEAD_LETTER, {"queue": "jobs"}, "an"),
        (State.DEAD_LETTER, {"older_than": 3600.0}, "b"),
        (State.DEAD_LETTER, {"match": "TIMED out"}, "a"),
        (State.DEAD_LETTER, {"match": "100%_"}, "b"),
        (State.DEAD_LETTER, {"match": "%"}, "b"),
        (State.DEAD_LETTER, {"cause": Cause.RECOVERABLE}, "a"),
        (State.DEAD_LETTER, {"cause": Cause.UNKNOWN}, "bn"),
        (State.DEAD_LETTER, {"limit": 0}, ""),
        (State.DEAD_LETTER, {"stuck": True}, ""),
        (State.RUNNING, {"stuck": True}, "s"),
        (State.RUNNING, {"stuck": False}, "r"),
        (State.RUNNING, {"older_than": 500.0}, "s"),
        (State.PENDING, {"older_than": 200.0}, "o"),
    ],
)
@pytest.mark.parametrize("index", ["id", "state, queue, kind, run_at", "state, run_at"])
def test_a_list_is_narrowed(shop: Shop, index: str, state: State, asked: dict[str, object], found: str) -> None:
    jobs = shop.jobs(types={"queue": "text", "id": "text PRIMARY KEY"})
    shop.run("CREATE INDEX ON jobs (state)", f"CREATE INDEX ON jobs ({index})")
    dead: dict[str, Value] = {"state": "dead", "run_at": -9000}
    jobs.new("A", id="a", last_error="it timed out", **dead)
    jobs.new("B", id="b", queue="mail", last_error="at 100%_done", updated_at=-7200, **dead)
    shop.run("INSERT INTO jobs (id, queue, state) VALUES ('n', '', 'dead')")
    jobs.new("R", id="r", state="running", locked_at=-5, heartbeat_at=-1)
    jobs.new("R", id="s", state="running", locked_at=-900, heartbeat_at=-900)
    jobs.new("W", id="w", run_at=-100, created_at=-900)
    jobs.new("W", id="o", created_at=-900)

    assert sorted(job.id for job in listed(shop.database, state, **asked)) == sorted(found)


def test_an_age_that_cannot_be_told_is_not_made_up(shop: Shop) -> None:
    shop.jobs(without=["updated_at"])

    with pytest.raises(Refused, match=r"since when jobs of public\.jobs are dead_letter cannot be told"):
        listed(shop.database, older_than=1.0)


def test_who_is_stuck_cannot_be_told_without_heartbeats(shop: Shop) -> None:
    shop.jobs(without=["heartbeat_at"])

    with pytest.raises(Refused, match=r"name it under columns\.heartbeat_at"):
        listed(shop.database, State.RUNNING, stuck=True)


def test_a_page_that_takes_too_long_says_what_to_do(shop: Shop) -> None:
    shop.run(
        "CREATE VIEW jobs AS SELECT 1 AS id, 'A' AS kind, 'dead' AS state, now() AS created_at, 1 AS attempts,"
        " (SELECT 'x'::text FROM pg_sleep(9)) AS last_error"
    )

    with operating(shop.database, timeout=0.5) as operator, pytest.raises(TimedOut) as late:
        list(operator.list(Wanted(state=State.DEAD_LETTER)))

    assert str(late.value).endswith(
        ": a page of dead letter jobs takes longer than 0.5 s; narrow the list to a kind or a queue, raise `timeout` "
        "of source shop, or see `jobqueue doctor` for an index"
    )


def test_a_job_is_found_in_any_state_and_however_its_id_is_written(shop: Shop, jobs: Jobs) -> None:
    done, dead = jobs.new(state="completed"), jobs.new(state="dead_letter")

    found = _looked(shop, done.upper(), f"{{{dead}}}", *HOSTILE)

    assert {job.id: (job.state, job.word) for job in found} == {
        done: (None, "completed"),
        dead: (State.DEAD_LETTER, "dead_letter"),
    }


@pytest.mark.parametrize("of_type", ["uuid", "bigint", "smallint", "text", "varchar(40)", "char(40)", "numeric"])
def test_an_id_that_cannot_be_is_not_there(shop: Shop, of_type: str) -> None:
    shop.jobs(types={"id": f"{of_type} PRIMARY KEY"})

    assert _looked(shop, *HOSTILE) == []


def _long_dead(shop: Shop, error: str) -> str:
    """The id of a job of which all is known, with events of which two came at once."""
    shop.run("CREATE TABLE job_events (id bigserial, job_id uuid, stage text, data jsonb, created_at timestamptz)")
    jobs = shop.jobs()
    job = jobs.new("A", state="dead_letter", payload='{"a": 1}', last_error=error, error='{"code": "E1"}', attempts=5)
    shop.run(
        "UPDATE jobs SET created_at = to_timestamp(1000), run_at = to_timestamp(2000), locked_at = to_timestamp(3000),"
        " heartbeat_at = to_timestamp(4000), updated_at = to_timestamp(5000), locked_by = 'w', workspace_id = NULL",
        f"INSERT INTO job_events VALUES (1, '{job}', 'claimed', '{{}}', to_timestamp(3000)),"
        f" (2, '{job}', 'failed', '{{\"code\": \"E1\"}}', to_timestamp(3000)),"
        f" (0, '{job}', NULL, NULL, to_timestamp(9))",
    )
    return job


def test_all_is_told_of_a_job(shop: Shop) -> None:
    error = "it timed out " * 200
    job = _long_dead(shop, error)

    found = _detail(shop, job)

    assert found.job.error == error
    assert json.loads(found.job.row)["payload"] == {"a": 1}
    assert found == Detail(
        job=Job(
            id=job,
            lane=Lane("jobs", "A"),
            state=State.DEAD_LETTER,
            word="dead_letter",
            cause=Cause.RECOVERABLE,
            attempts=5,
            max_attempts=5,
            since=5000.0,
            created_at=1000.0,
            due_at=2000.0,
            started_at=3000.0,
            ended_at=5000.0,
            updated_at=5000.0,
            heartbeat_at=4000.0,
            worker="w",
            error=error,
            row=found.job.row,
        ),
        now=found.now,
        payload='{"a": 1}',
        events=(Event(9.0, ""), Event(3000.0, "claimed"), Event(3000.0, "failed", '{"code": "E1"}')),
        more={"priority": "5", "error": '{"code": "E1"}'},
    )


def test_the_newest_events_are_told_where_there_are_many(shop: Shop, jobs: Jobs) -> None:
    job = jobs.new()
    shop.run(
        f"INSERT INTO job_events (job_id, stage, created_at) SELECT '{job}', i::text, to_timestamp(i)"
        " FROM generate_series(1, 300) i"
    )

    events = _detail(shop, job).events

    assert events == tuple(Event(float(at), str(at)) for at in range(101, 301))


def test_a_word_that_is_not_understood_is_said(shop: Shop, jobs: Jobs) -> None:
    found = _detail(shop, jobs.new(state="weird"))

    assert (found.job.state, found.job.word) == (None, "weird")
    assert "'weird'" in found.more["not understood"]


def test_a_state_that_was_not_met_before_is_understood_when_a_job_gets_there(shop: Shop, jobs: Jobs) -> None:
    shop.run("CREATE INDEX ON jobs (state, run_at)")
    job = jobs.new(state="queued")
    with operating(shop.database) as operator:
        before = [found.state for found in operator.look([job])]
        shop.run("UPDATE jobs SET state = 'dead_letter'")
        after = [found.state for found in operator.look([job])]

    assert (before, after) == ([State.PENDING], [State.DEAD_LETTER])


def test_a_table_that_tells_no_jobs_apart_is_refused(shop: Shop) -> None:
    shop.jobs(without=["id"])

    with pytest.raises(Refused, match=r"public\.jobs has no column that tells jobs apart: name it under columns\.id"):
        listed(shop.database)


def test_dead_jobs_of_a_table_of_their_own_are_its_rows(shop: Shop) -> None:
    jobs = shop.jobs(types={"id": "bigint PRIMARY KEY"})
    shop.run(
        GRAVES,
        "CREATE INDEX ON jobs (state, run_at)",
        "INSERT INTO dead_letter_queue (id, original_event_name, original_payload, attempt_count, last_error, status)"
        " VALUES (11, 'A', '{\"u\": 1}', 3, 'timeout', 'pending'), (12, 'A', NULL, 1, NULL, 'retry_scheduled'),"
        " (13, 'B', NULL, 1, NULL, 'processed'), (14, 'B', NULL, 1, NULL, 'abandoned')",
    )
    jobs.add(id=5, state="queued", run_at=50, attempts=1)

    told = {
        recovery: [(job.id, job.state, job.recovery) for job in listed(shop.database, recovery=recovery)]
        for recovery in RecoveryState
    }

    assert told == {
        RecoveryState.PENDING: [("11", State.DEAD_LETTER, RecoveryState.PENDING)],
        RecoveryState.RETRY_SCHEDULED: [("12", State.RETRYING, RecoveryState.RETRY_SCHEDULED)],
        RecoveryState.RECOVERED: [("13", None, RecoveryState.RECOVERED)],
        RecoveryState.ABANDONED: [("14", None, RecoveryState.ABANDONED)],
    }
    assert [(job.id, job.cause) for job in listed(shop.database)] == [("11", Cause.RECOVERABLE)]
    assert [job.id for job in listed(shop.database, State.RETRYING)] == ["5", "12"]
    assert [job.id for job in listed(shop.database, State.RETRYING, after="5")] == ["12"]
    assert [job.id for job in listed(shop.database, State.RETRYING, older_than=3600.0, recovery="abandoned")] == ["14"]
    assert {job.id for job in _looked(shop, "5", "13", "x")} == {"5", "13"}
    found = _detail(shop, "11")
    assert (found.payload, found.events, found.more) == ('{"u": 1}', None, {"table": "public.dead_letter_queue"})


def test_an_id_that_two_tables_have_is_that_of_the_jobs_table(shop: Shop) -> None:
    jobs = shop.jobs(types={"id": "bigint PRIMARY KEY"})
    shop.run(GRAVES, "CREATE INDEX ON jobs (state)", "INSERT INTO dead_letter_queue (id, status) VALUES (5, 'pending')")
    jobs.add(id=5, state="queued")

    found = _detail(shop, "5")

    assert (found.job.word, found.more["same id"]) == ("queued", "public.dead_letter_queue has a row with this id too")
    assert [job.word for job in _looked(shop, "5")] == ["queued"]


def test_recovery_is_not_told_without_a_table_of_dead_jobs(shop: Shop) -> None:
    shop.jobs()

    with pytest.raises(Refused, match=r"recovery pending is told by a table of dead jobs, and none is read beside"):
        listed(shop.database, recovery=RecoveryState.PENDING)
