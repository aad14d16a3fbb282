"""What columns and states mean: by a mapping of one's own, and where no word says it."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import Columns, States
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, LaneJobs, Signal, State
from tests.engines.table.shop import Shop

A = Lane("jobs", "A")
UNMAPPED = (
    "is not mapped, its jobs are not counted: add it under `states:` in jobqueue.yml (`jobqueue init` writes one)"
)


def test_a_mapping_of_columns_and_states_wins_over_usual_names(shop: Shop) -> None:
    shop.run("CREATE TABLE jobs (nr int, state text, phase text, class text, kind text, due timestamptz, tries int)")
    shop.run(
        "INSERT INTO jobs (state, phase, class, kind, due, tries) VALUES"
        " ('x', 'New', 'A', '?', now() - interval '300 s', 0),"
        " ('x', 'New', 'A', '?', now() + interval '300 s', 1),"
        " ('x', 'Busy', 'A', '?', now(), 1),"
        " ('x', 'Broken', 'A', '?', now() + interval '300 s', 0),"
        " ('x', 'Lost', 'A', '?', now(), 9),"
        " ('x', 'Over', 'A', '?', now(), 1)"
    )
    columns = Columns(state="phase", kind="class", run_at="due", attempts="tries")
    states = States(waiting=("New",), running=("Busy",), retry=("Broken",), dead_letter=("Lost",), finished=("Over",))

    told = shop.read(table="jobs", columns=columns, states=states)

    assert told.lanes == {
        A: LaneJobs(
            counts={
                State.PENDING: 1, State.SCHEDULED: 0, State.RETRYING: 2, State.RUNNING: 1, State.DEAD_LETTER: 1
            },
            oldest_pending_seconds=300,
        )
    }  # fmt: skip
    assert told.facts.notices == ()


def test_a_column_that_is_mapped_to_nothing_is_not_read(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(kind="A", state="queued", run_at=-300, created_at=-900)
    jobs.add(kind="A", state="queued", run_at=300, created_at=-900)
    jobs.add(kind="A", state="running", locked_at=-600, heartbeat_at=-100, created_at=-900)
    jobs.add(kind="A", state="dead_letter", updated_at=-7200, created_at=-90_000)

    lanes = shop.read(columns=Columns(kind=None, heartbeat_at=None, run_at=None)).lanes

    assert lanes == {
        Lane("jobs"): LaneJobs(
            counts={State.PENDING: 2, State.RUNNING: 1, State.DEAD_LETTER: 1},
            oldest_pending_seconds=900,
            oldest_running_seconds=600,
            oldest_dead_letter_seconds=7200,
        )
    }


@pytest.mark.parametrize("indexed", [False, True])
def test_a_state_that_was_never_seen_is_named_and_not_counted(shop: Shop, indexed: bool) -> None:
    jobs = shop.jobs()
    jobs.add(3, kind="A", state="Paused'; --")
    jobs.add(kind="A", state="queued")
    if indexed:
        shop.run("CREATE INDEX ON jobs (state)")

    told = shop.read()

    assert sum(told.lanes[A].counts.values()) == 1
    assert told.facts.notices == (f"""state "Paused'; --" of public.jobs.state {UNMAPPED}""",)


def test_among_very_many_states_every_usual_one_is_still_counted(shop: Shop) -> None:
    jobs = shop.jobs()
    shop.run("INSERT INTO jobs (kind, state) SELECT 'A', 'a' || i FROM generate_series(1, 150) i")
    jobs.add(kind="A", state="queued", run_at=-300)
    shop.run("CREATE INDEX ON jobs (state, kind, run_at)")

    assert shop.read().lanes[A].counts[State.PENDING] == 1


def test_a_rare_state_beyond_the_first_rows_is_known_by_its_statistics(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(12_000, kind="A", state="done")
    jobs.add(2000, kind="A", state="on_ice")
    shop.run("ANALYZE jobs")

    assert len(shop.read().facts.notices or ()) == 1


def test_a_label_of_an_enum_that_means_nothing_to_us_is_named(shop: Shop) -> None:
    shop.run("CREATE TYPE job_state AS ENUM ('queued', 'melted')")
    shop.jobs(types={"state": "job_state"}).add(kind="A", state="melted")

    told = shop.read()

    assert told.lanes == {}
    assert told.facts.notices == (f"state 'melted' of public.jobs.state {UNMAPPED}",)


def test_a_configured_state_that_an_enum_cannot_hold_is_named_and_does_no_harm(shop: Shop) -> None:
    shop.run("CREATE TYPE job_state AS ENUM ('queued')")
    shop.jobs(types={"state": "job_state"}).add(kind="A", state="queued")

    told = shop.read(states=States(waiting=("queued", "waiting")))

    assert told.lanes[A].counts[State.PENDING] == 1
    assert told.facts.notices == ("state 'waiting' is configured, but public.jobs.state cannot hold it",)


def test_a_new_state_is_counted_at_the_next_reading(shop: Shop) -> None:
    jobs = shop.jobs()
    shop.run("CREATE INDEX ON jobs (state, run_at)")
    reader = shop.reader()
    assert shop.told(reader).lanes == {}

    for state in ("queued", "retrying", "dead", "odd"):
        jobs.add(kind="A", state=state, run_at=-300)
    told = shop.told(reader)

    assert told.lanes[A].counts == {
        State.PENDING: 2, State.SCHEDULED: 0, State.RETRYING: 0, State.RUNNING: 0, State.DEAD_LETTER: 1
    }  # fmt: skip
    assert len(told.facts.notices or ()) == 1


@pytest.mark.parametrize(
    ("options", "error"),
    [
        pytest.param(
            {"columns": Columns(kind="sort")},
            "columns.kind: column sort of public.jobs is not there; there are: id,",
            id="missing",
        ),
        pytest.param(
            {"columns": Columns(state="nocol", kind="sort", run_at="payload")},
            "columns.kind: column sort of public.jobs is not there; "
            "columns.state: column nocol of public.jobs is not there; "
            "columns.run_at: column payload of public.jobs must be a time or number column; there are: id,",
            id="several",
        ),
        pytest.param(
            {"columns": Columns(run_at="payload")},
            "columns.run_at: column payload of public.jobs must be a time or number column",
            id="unfit",
        ),
        pytest.param({"columns": Columns(state=None)}, "public.jobs has no state column", id="no state"),
        pytest.param({"table": "jbos"}, "there is no table jbos", id="no table"),
        pytest.param(
            {"table": "nowhere.jobs"},
            "there is no table nowhere.jobs, but there is public.jobs: write its name so",
            id="no schema",
        ),
    ],
)
def test_a_wrong_mapping_is_refused_by_name(shop: Shop, options: dict[str, object], error: str) -> None:
    shop.jobs()

    with pytest.raises(Refused) as caught:
        shop.read(**options)  # type: ignore[arg-type]  # whatever a source may have

    assert str(caught.value).startswith(error)


def test_what_the_table_can_tell_is_said(shop: Shop) -> None:
    shop.jobs(without=["heartbeat_at", "last_error", "error"])

    told = shop.read()

    assert {signal for signal, can in told.signals.items() if can} == set()
    assert set(told.signals) == set(Signal)
