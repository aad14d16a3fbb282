"""Which column says what: types, names, schemas, mappings, and what cannot be a column of a role."""

from __future__ import annotations

import pytest

from jobqueue_exporter.config.types import Columns
from jobqueue_exporter.model import Lane, LaneJobs, State
from tests.engines.table.shop import Shop

A = Lane("jobs", "A")
UTC = "(now() + make_interval(secs => %s)) AT TIME ZONE 'UTC'"
COUNTS = {State.PENDING: 1, State.SCHEDULED: 1, State.RETRYING: 0, State.RUNNING: 1, State.DEAD_LETTER: 1}
FOUR = LaneJobs(
    counts=COUNTS,
    oldest_pending_seconds=300,
    oldest_running_seconds=600,
    oldest_dead_letter_seconds=7200,
    stuck=1,
)


def _fill(shop: Shop, **options: object) -> None:
    """A job that is due, one that is not, one that is stuck and one that is dead."""
    jobs = shop.jobs(**options)  # type: ignore[arg-type]  # whatever `jobs` takes
    jobs.add(kind="A", state="queued", run_at=-300, created_at=-900)
    jobs.add(kind="A", state="queued", run_at=300, created_at=-900)
    jobs.add(kind="A", state="running", locked_at=-600, heartbeat_at=-100, created_at=-900)
    jobs.add(kind="A", state="dead_letter", updated_at=-7200, created_at=-90_000)


def _moments(kind: str) -> dict[str, str]:
    return dict.fromkeys(("run_at", "locked_at", "heartbeat_at", "created_at", "updated_at"), kind)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    ("kind", "moment"),
    [
        pytest.param("timestamptz", "now() + make_interval(secs => %s)", id="with time zone"),
        pytest.param("timestamp", UTC, id="without time zone"),
        pytest.param("bigint", "extract(epoch FROM now() + make_interval(secs => %s))::bigint", id="seconds"),
        pytest.param("float8", "extract(epoch FROM now() + make_interval(secs => %s))", id="float seconds"),
        pytest.param("int", "extract(epoch FROM now() + make_interval(secs => %s))::int", id="int seconds"),
        pytest.param("bigint", "(extract(epoch FROM now() + make_interval(secs => %s)) * 1e3)::bigint", id="ms"),
        pytest.param("numeric", "extract(epoch FROM now() + make_interval(secs => %s)) * 1e6", id="microseconds"),
        pytest.param("bigint", "(extract(epoch FROM now() + make_interval(secs => %s)) * 1e9)::bigint", id="ns"),
    ],
)
def test_moments_are_utc_in_whatever_way_they_are_kept(shop: Shop, zone: str, kind: str, moment: str) -> None:
    shop.run(f"ALTER DATABASE {shop.database.name} SET timezone = '{zone}'")
    _fill(shop, types=_moments(kind), moment=moment)

    assert shop.read().lanes == {A: FOUR}


def test_an_enum_says_the_state(shop: Shop) -> None:
    shop.run("CREATE TYPE job_state AS ENUM ('queued', 'running', 'dead_letter', 'done')")
    _fill(shop, types={"state": "job_state"})

    assert shop.read().lanes == {A: FOUR}


@pytest.mark.parametrize("kind", ["varchar(20)", "char(20)", "citext", "state_text"])
def test_any_type_of_text_says_the_state(shop: Shop, kind: str) -> None:
    shop.run("CREATE EXTENSION IF NOT EXISTS citext", "CREATE DOMAIN state_text AS text")
    _fill(shop, types={"state": kind})
    shop.run("CREATE INDEX ON jobs (state)")

    assert shop.read().lanes == {A: FOUR}


@pytest.mark.parametrize("indexed", [False, True])
def test_states_may_be_in_capitals(shop: Shop, indexed: bool) -> None:
    _fill(shop)
    shop.run("UPDATE jobs SET state = upper(state)")
    if indexed:
        shop.run("CREATE INDEX ON jobs (state)")

    told = shop.read()

    assert told.lanes == {A: FOUR}
    assert told.facts.notices == ()


def test_an_enum_may_be_in_capitals(shop: Shop) -> None:
    shop.run("CREATE TYPE job_state AS ENUM ('QUEUED', 'RUNNING', 'DEAD_LETTER', 'DONE')")
    _fill(shop)
    shop.run("ALTER TABLE jobs ALTER state TYPE job_state USING upper(state)::job_state")

    assert shop.read().lanes == {A: FOUR}


@pytest.mark.parametrize(
    ("kind", "value"), [("int", 7), ("uuid", "0192d3c4-0000-7000-8000-000000000000"), ("boolean", "true")]
)
def test_a_kind_may_be_no_text(shop: Shop, kind: str, value: str | int) -> None:
    shop.jobs(types={"kind": kind}).add(kind=value, state="queued")

    assert list(shop.read().lanes) == [Lane("jobs", str(value))]


@pytest.mark.parametrize("kind", ["json", "jsonb", "text[]"])
def test_a_column_that_cannot_be_a_kind_is_none(shop: Shop, kind: str) -> None:
    shop.jobs(types={"kind": kind}).add(state="queued")

    assert list(shop.read().lanes) == [Lane("jobs")]


def test_a_partitioned_table_is_one_table(shop: Shop) -> None:
    shop.run(
        "CREATE TABLE jobs (id bigserial, kind text, state text, run_at timestamptz, created_at timestamptz,"
        " locked_at timestamptz, heartbeat_at timestamptz, updated_at timestamptz) PARTITION BY LIST (state)",
        "CREATE TABLE jobs_done PARTITION OF jobs FOR VALUES IN ('done')",
        "CREATE TABLE jobs_live PARTITION OF jobs DEFAULT",
        "CREATE INDEX ON jobs (state, run_at)",
        "INSERT INTO jobs (kind, state, run_at) SELECT 'A', s, now() - interval '300 s'"
        " FROM unnest('{queued,queued,running,done,done}'::text[]) AS s",
    )

    counts = shop.read().lanes[A].counts

    assert counts == {
        State.PENDING: 2, State.SCHEDULED: 0, State.RUNNING: 1, State.DEAD_LETTER: 0
    }  # fmt: skip


@pytest.mark.parametrize("view", ["VIEW", "MATERIALIZED VIEW"])
def test_a_view_is_read_like_a_table(shop: Shop, view: str) -> None:
    _fill(shop, table="hidden_away")
    shop.run(f"CREATE {view} jobs AS SELECT * FROM hidden_away")

    assert shop.read(table="jobs").lanes == {A: FOUR}


def test_quoted_names_are_taken_as_they_are(shop: Shop) -> None:
    _fill(shop, table='"My ""Jobs"""', named={"state": "order", "kind": "Kind of; job", "run_at": 'run"at'})
    columns = Columns(state="order", kind="Kind of; job", run_at='run"at')

    told = shop.read(table='"My ""Jobs"""', columns=columns)

    assert told.lanes == {Lane('My "Jobs"', "A"): FOUR}


@pytest.mark.parametrize("table", ["work.jobs", '"work"."jobs"', "Work.JOBS"])
def test_a_table_of_another_schema_is_named_with_it(shop: Shop, table: str) -> None:
    shop.run("CREATE SCHEMA work")
    _fill(shop, table="work.jobs")

    assert shop.read(table=table).lanes == {A: FOUR}


def test_the_schema_of_the_connection_string_is_searched(shop: Shop) -> None:
    shop.run("CREATE SCHEMA work", "CREATE TABLE public.jobs (id int, state text)")
    _fill(shop, table="work.jobs")

    assert shop.read(table="jobs", dsn=f"{shop.database.dsn}?schema=work").lanes == {A: FOUR}
