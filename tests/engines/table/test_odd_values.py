"""Values that nobody expects in a jobs table: each is told rightly or not at all."""

from __future__ import annotations

import psycopg
import pytest

from jobqueue_exporter.model import Lane, LaneJobs, State, Workers
from tests.engines.table.shop import Shop

A = Lane("jobs", "A")
MOMENTS = ("run_at", "created_at", "locked_at", "heartbeat_at", "updated_at")
FULL: dict[str, str | int | None] = {
    "kind": "A", "state": "running", "attempts": 1, "max_attempts": 5, "run_at": -900, "created_at": -900,
    "locked_at": -300, "locked_by": "w1", "heartbeat_at": -10, "updated_at": -300,
}  # fmt: skip


def test_null_in_any_column_leaves_the_other_jobs_alone(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(**FULL)
    nullable = [*FULL, "error", "last_error", "payload"]
    for column in nullable:
        jobs.add(**{**FULL, "kind": column, column: None})

    told = shop.read()

    running = {lane.kind: found.counts[State.RUNNING] for lane, found in told.lanes.items()}
    assert told.errors == {}
    assert running == {"A": 1, "": 1} | {column: 1 for column in nullable if column not in ("kind", "state")}
    assert (told.lanes[A].oldest_running_seconds, told.lanes[A].stuck) == (300, 0)


@pytest.mark.parametrize("state", ["queued", "failed", "running", "dead_letter"])
def test_a_moment_out_of_this_world_leaves_the_other_jobs_alone(shop: Shop, state: str) -> None:
    jobs = shop.jobs()
    plain = {**FULL, "state": state, "run_at": -300, "created_at": -300}
    jobs.add(**plain)
    for column in MOMENTS:
        for moment in ("infinity", "-infinity", "9999-12-31", "294276-12-31", "4713-01-01 BC"):
            jobs.add(**{**plain, "kind": f"{column} {moment}"})
            jobs.add(**{**plain, "kind": f"{column} {moment}", column: moment})

    told = shop.read()

    assert told.errors == {}
    assert {sum(found.counts.values()) for lane, found in told.lanes.items() if lane != A} == {2}
    assert {_ages(found) for lane, found in told.lanes.items() if "infinity" in lane.kind} == {_ages(told.lanes[A])}


def _ages(jobs: LaneJobs) -> tuple[float | None, ...]:
    return (jobs.oldest_pending_seconds, jobs.oldest_running_seconds, jobs.oldest_dead_letter_seconds)


def test_an_epoch_that_is_no_moment_ends_no_reading(shop: Shop) -> None:
    jobs = shop.jobs(types=dict.fromkeys(MOMENTS, "float8"), moment="extract(epoch FROM now()) + %s")
    jobs.add(**FULL)
    for column in MOMENTS:
        for value in ("NaN", "Infinity", "-Infinity", "1e300", "-1e300"):
            for state in ("queued", "failed", "running", "dead_letter"):
                jobs.add(**{**FULL, "kind": f"{column} {value}", "state": state, column: value})

    told = shop.read()

    assert told.errors == {}
    assert told.lanes[A].oldest_running_seconds == 300
    assert {sum(found.counts.values()) for lane, found in told.lanes.items() if lane != A} == {4}


def test_a_lane_whose_only_job_has_no_moment_has_no_age(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="queued", run_at=None, created_at=None)

    assert shop.read().lanes[A].oldest_pending_seconds is None


def test_a_dead_job_is_not_as_old_as_its_birth(shop: Shop) -> None:
    shop.jobs().add(kind="A", state="dead_letter", created_at=-90_000, locked_at=-90_000, updated_at=None)

    told = shop.read()

    assert told.lanes[A].oldest_dead_letter_seconds is None
    assert told.facts.dead_letters is not None
    assert told.facts.dead_letters[A].recent is None


def test_ages_are_never_negative(shop: Shop) -> None:
    jobs = shop.jobs()
    jobs.add(kind="A", state="queued", run_at=None, created_at=500)
    jobs.add(kind="A", state="running", locked_at=500, heartbeat_at=10)
    jobs.add(kind="A", state="dead_letter", updated_at=500)

    assert _ages(shop.read().lanes[A]) == (0, 0, 0)


@pytest.mark.parametrize("heartbeat", [3600, "infinity", "9999-12-31"])
def test_a_heartbeat_from_the_future_is_no_sign_of_life(shop: Shop, heartbeat: str | int) -> None:
    shop.jobs().add(**{**FULL, "heartbeat_at": heartbeat})

    told = shop.read()

    assert told.lanes[A].stuck == 1
    assert told.workers == Workers(live=0, stale=1, newest_heartbeat=None, by_queue={"jobs": 0})


@pytest.mark.parametrize(
    "kind",
    ["it's", 'say "hi"', "two\nlines", "tab\t\\backslash", "🎬 ½", "%s {0} $1", "'; DROP TABLE jobs; --", "\u202e"],
)
@pytest.mark.parametrize("indexed", [False, True])
def test_a_kind_may_be_any_text(shop: Shop, kind: str, indexed: bool) -> None:
    jobs = shop.jobs()
    jobs.add(kind=kind, state="queued", run_at=-100)
    jobs.add(kind=kind, state="dead_letter", run_at=-100, error='{"message": "HTTP 404"}')
    if indexed:
        shop.run("CREATE INDEX ON jobs (state, kind, run_at, created_at)")

    told = shop.read()

    assert told.errors == {}
    assert {lane: sum(found.counts.values()) for lane, found in told.lanes.items()} == {Lane("jobs", kind): 2}
    assert list(told.facts.dead_letters or ()) == [Lane("jobs", kind)]


@pytest.mark.parametrize("indexed", [False, True])
def test_a_kind_of_ten_thousand_letters_is_cut(shop: Shop, indexed: bool) -> None:
    jobs = shop.jobs(types={"queue": "text"})
    for end in "ab":
        # Letters of many sorts, which an index cannot make short enough otherwise.
        jobs.add(queue="é" * 2000 + end, kind="ß" * 10_000 + end, state="queued")
    if indexed:
        shop.run("CREATE INDEX ON jobs (state, run_at)")

    counts = {lane: found.counts[State.PENDING] for lane, found in shop.read().lanes.items()}

    assert counts == {Lane("é" * 200, "ß" * 200): 2}


@pytest.mark.parametrize("indexed", [False, True])
def test_ten_thousand_kinds_are_all_told(shop: Shop, indexed: bool) -> None:
    shop.jobs()
    shop.run("INSERT INTO jobs (kind, state, run_at) SELECT 'k' || i, 'queued', now() FROM generate_series(1, 10000) i")
    if indexed:
        shop.run("CREATE INDEX ON jobs (state, kind, run_at, created_at)")

    lanes = shop.read().lanes

    assert {lane.kind for lane in lanes} == {f"k{i}" for i in range(1, 10_001)}
    assert {found.counts[State.PENDING] for found in lanes.values()} == {1}


def test_text_that_is_no_utf8_is_told_as_far_as_it_goes(shop: Shop) -> None:
    server = shop.database.server
    shop.run("CREATE DATABASE bytes ENCODING 'SQL_ASCII' TEMPLATE template0")
    with psycopg.connect(server.local_dsn(dbname="bytes"), autocommit=True) as connection:
        connection.execute("CREATE TABLE jobs (kind text, state text, attempts int, run_at timestamptz)")
        connection.execute(b"INSERT INTO jobs VALUES (E'caf\\xe9', 'queued', 0, NULL)")
    try:
        lanes = shop.read(dsn=server.dsn(dbname="bytes")).lanes
    finally:
        shop.close()
        shop.run("DROP DATABASE bytes WITH (FORCE)")

    assert list(lanes) == [Lane("jobs", "caf\N{REPLACEMENT CHARACTER}")]
