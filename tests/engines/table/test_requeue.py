"""Dead jobs go back to their workers as if they had never been tried."""

from __future__ import annotations

import time

import pytest

from jobqueue_exporter.config.types import Columns, States
from jobqueue_exporter.engines.operations import Change, Operation
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from tests.engines.table.orders import changed, row, states
from tests.engines.table.shop import Jobs, Shop

REQUEUE = Operation.REQUEUE
DONE = "it was dead_letter, and is queued now: due at once with all its attempts; its error is kept as evidence"
NOWHERE = "there is no such job"
MOMENTS = {"run_at": "bigint", "created_at": "bigint", "updated_at": "bigint", "locked_at": "bigint"}


@pytest.fixture
def dead(jobs: Jobs) -> str:
    """A job that died long ago, as its worker left it, beside one that waits."""
    jobs.new()
    return jobs.new(
        state="dead_letter", attempts=5, last_error="disk full", run_at=-950, updated_at=-900,
        locked_at=-900, locked_by="w1", heartbeat_at=-900,
    )  # fmt: skip


def test_it_starts_anew_and_its_error_stays(shop: Shop, jobs: Jobs, dead: str) -> None:
    assert changed(shop, REQUEUE, dead) == [Change(dead, True, DONE, audited=True)]
    held = row(jobs, dead, "state", "attempts", "locked_at", "locked_by", "heartbeat_at", "last_error")
    assert held == ("queued", 0, None, None, None, "disk full")
    moments = "run_at = updated_at AND run_at BETWEEN now() - interval '1 min' AND now()"
    assert shop.database.connection.execute(f"SELECT {moments} FROM jobs WHERE id = '{dead}'".encode()).fetchone() == (
        True,
    )


def test_a_dry_run_says_what_would_be_and_writes_nothing(shop: Shop, jobs: Jobs, dead: str) -> None:
    before = row(jobs, dead, *jobs.columns)
    found = changed(shop, REQUEUE, dead, dry_run=True)
    assert found == [
        Change(
            dead,
            True,
            "it is dead_letter, and would be queued: due at once with all its attempts; its error is kept as evidence",
        )
    ]
    assert row(jobs, dead, *jobs.columns) == before


@pytest.mark.parametrize(
    ("state", "is_in", "text"),
    [
        ("queued", State.PENDING, "it is queued, not dead: left alone"),
        ("running", State.RUNNING, "it is running on worker 'w1', not dead: left alone"),
        ("completed", None, "it is completed, not dead: left alone"),
        ("failed", State.PENDING, "it is failed, not dead: left alone"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_one_in_another_state_is_left_alone(
    shop: Shop, jobs: Jobs, state: str, is_in: State | None, text: str, *, dry_run: bool
) -> None:
    jobs.new()
    job = jobs.new(state=state, locked_by="w1" if state == "running" else None)
    before = row(jobs, job, *jobs.columns)
    assert changed(shop, REQUEUE, job, dry_run=dry_run) == [Change(job, False, text, is_in, state)]
    assert row(jobs, job, *jobs.columns) == before


def test_each_id_is_answered_once_and_in_order(shop: Shop, jobs: Jobs, dead: str) -> None:
    other, unknown = jobs.new(state="dead_letter"), "00000000-0000-4000-8000-000000000000"
    ids = ["junk", other, unknown, dead, other, "", "\0", "\udc80", "' OR true --", other.upper()]
    found = changed(shop, REQUEUE, *ids)
    assert [(change.id, change.done) for change in found] == [
        ("junk", False), (other, True), (unknown, False), (dead, True), ("", False), ("\0", False),
        ("\udc80", False), ("' OR true --", False), (other.upper(), False),
    ]  # fmt: skip
    twin = f"the same job as {other}: named twice"
    assert [change.text for change in found if not change.done] == [*[NOWHERE] * 6, twin]


def test_nothing_is_asked_for_and_nothing_happens(shop: Shop) -> None:
    assert changed(shop, REQUEUE) == []


@pytest.mark.parametrize("kind", ["bigint", "text", "varchar(9)", "char(9)", "numeric"])
def test_ids_are_of_any_type(shop: Shop, kind: str) -> None:
    jobs = shop.jobs(types={"id": f"{kind} PRIMARY KEY"})
    jobs.add(id="1234567", state="dead_letter")
    jobs.add(id="1", state="dead_letter")
    jobs.add(id="2", state="queued")
    assert [change.done for change in changed(shop, REQUEUE, "1234567", "none", "2")] == [True, False, False]
    assert states(jobs, ["1234567", "1", "2"]) == ["queued", "dead_letter", "queued"]


@pytest.mark.parametrize(
    ("unit", "declared"), [(1, "bigint"), (1, "int"), (1000, "bigint"), (10**6, "bigint"), (1000, "float8")]
)
def test_times_kept_as_numbers_are_written_in_their_own_unit(shop: Shop, unit: int, declared: str) -> None:
    moment = f"(date_part('epoch', now()) * {unit})::{declared} + %s"
    jobs = shop.jobs(types=dict.fromkeys(MOMENTS, declared), moment=moment)
    jobs.add(kind="A", state="queued", created_at=-5)
    job = jobs.new(state="dead_letter", locked_at=-5, created_at=-5 * unit)
    assert changed(shop, REQUEUE, job)[0].done
    run_at, updated_at, locked_at = row(jobs, job, "run_at", "updated_at", "locked_at")
    assert isinstance(run_at, int | float)
    assert run_at / unit == pytest.approx(time.time(), abs=60)
    assert (updated_at, locked_at) == (run_at, None)


@pytest.mark.parametrize(
    "job", ["a\\b", 'a"b', "a'b", "{a,b}", "a,b", " a ", "NULL", "", "\u00e9\u2028", "$1", "%s", "E'\\\\'"]
)
def test_an_id_of_text_may_hold_anything(shop: Shop, job: str) -> None:
    jobs = shop.jobs(types={"id": "text PRIMARY KEY"})
    jobs.add(id="other", state="queued")
    jobs.add(id=job, state="dead_letter")
    assert [change.done for change in changed(shop, REQUEUE, "other", job)] == [False, True]
    assert states(jobs, [job]) == ["queued"]


def test_columns_that_cannot_be_empty_stay(shop: Shop) -> None:
    jobs = shop.jobs(types={"locked_by": "text NOT NULL DEFAULT ''"}, without=["updated_at", "heartbeat_at"])
    jobs.new()
    job = jobs.new(state="dead_letter", locked_by="w1")
    assert changed(shop, REQUEUE, job)[0].done
    assert row(jobs, job, "state", "locked_by") == ("queued", "w1")


def test_unusual_names_are_served(shop: Shop) -> None:
    named = {"id": "Job Id", "state": "Status", "attempts": "tried", "run_at": "When"}
    jobs = shop.jobs('"My jobs"', named=named, types={"state": "text DEFAULT 'ready'"})
    job = jobs.new(state="dead", attempts=3)
    columns = Columns(id="Job Id", state="Status", attempts="tried", run_at="When")
    assert changed(shop, REQUEUE, job, table='"My jobs"', columns=columns)[0].done
    assert row(jobs, job, "Status", "tried") == ("ready", 0)


@pytest.mark.parametrize(
    ("declared", "beside", "configured", "written"),
    [
        pytest.param("text DEFAULT 'pending'", "queued", None, "pending", id="the default"),
        pytest.param("text DEFAULT 'draft'", "ready", None, "ready", id="a default that does not mean waiting"),
        pytest.param("text", "available", None, "available", id="one that was seen"),
        pytest.param("text", "QUEUED", None, "QUEUED", id="one that was seen in capitals"),
        pytest.param("text", "done", ("todo", "again"), "todo", id="the first that was configured"),
        pytest.param("text", "again", ("todo", "again"), "again", id="of those configured, the one seen"),
        pytest.param(
            "text CHECK (state IN ('new', 'dead', 'done'))", "done", None, "new", id="one that a check lets in"
        ),
    ],
)
def test_the_word_for_waiting(
    shop: Shop, declared: str, beside: str, configured: tuple[str, ...] | None, written: str
) -> None:
    jobs = shop.jobs(types={"state": declared})
    jobs.new(state=beside)
    job = jobs.new(state="dead")
    words = States(waiting=configured, dead_letter=("dead",)) if configured else None
    assert changed(shop, REQUEUE, job, states=words)[0].done
    assert states(jobs, [job]) == [written]


def test_an_enum_names_its_word(shop: Shop) -> None:
    shop.run("CREATE TYPE job_state AS ENUM ('ready', 'running', 'dead')")
    jobs = shop.jobs(types={"state": "job_state"})
    shop.run("INSERT INTO jobs (state) VALUES ('dead')")
    job = str(shop.database.connection.execute("SELECT id FROM jobs").fetchall()[0][0])
    assert changed(shop, REQUEUE, job)[0].done
    assert states(jobs, [job]) == ["ready"]


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        ("text", r"nothing tells which word to write into public\.jobs\.state: name it in states\.waiting"),
        ("text CHECK (state IN ('dead', 'done'))", r"can hold none of 'queued', .*: name its word in states\.waiting"),
    ],
)
def test_where_nothing_tells_the_word_it_is_refused(shop: Shop, declared: str, why: str) -> None:
    jobs = shop.jobs(types={"state": declared})
    job = jobs.new(state="dead")
    with pytest.raises(Refused, match=why):
        changed(shop, REQUEUE, job)
    assert states(jobs, [job]) == ["dead"]


def test_one_whose_place_is_taken_does_not_keep_the_others_from_it(shop: Shop, jobs: Jobs) -> None:
    shop.run("CREATE UNIQUE INDEX one_a_kind ON jobs (kind) WHERE state = 'queued'")
    jobs.new("A")
    ids = [jobs.new(kind, state="dead_letter") for kind in "ABCDE"]
    found = changed(shop, REQUEUE, *ids)
    taken = "another row is in its place (unique constraint one_a_kind): left alone"
    assert found[0] == Change(ids[0], False, taken, State.DEAD_LETTER, "dead_letter")
    assert [change.done for change in found] == [False, True, True, True, True]


def test_a_trigger_that_keeps_the_row_is_told(shop: Shop, jobs: Jobs, dead: str) -> None:
    body = "BEGIN RETURN NULL; END"
    shop.run(
        f"CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS '{body}'",
        "CREATE TRIGGER keep BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION keep()",
    )
    (change,) = changed(shop, REQUEUE, dead)
    assert (change.done, "by a trigger" in change.text) == (False, True)
    assert states(jobs, [dead]) == ["dead_letter"]
