"""Finding the jobs table of a database that nobody has described."""

from __future__ import annotations

import pytest

from jobqueue_exporter import dsn
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane
from tests.engines.table.shop import EVENTS, Shop

USERS = "CREATE TABLE users (id int, name text, state text, created_at timestamptz)"


def test_the_only_table_that_looks_like_a_queue_is_taken(shop: Shop) -> None:
    shop.run(USERS)
    shop.jobs("render_work").add(kind="A", state="queued")

    assert list(shop.read().lanes) == [Lane("render_work", "A")]


def test_a_usual_name_wins(shop: Shop) -> None:
    shop.jobs("jobs").add(kind="A", state="queued")
    shop.jobs("jobs_archive", types={"queue": "text", "finished_at": "timestamptz"})

    assert list(shop.read().lanes) == [Lane("jobs", "A")]


@pytest.mark.parametrize("table", ["tasks", "job_status", '"Job"', "background_jobs"])
def test_usual_names_are_many(shop: Shop, table: str) -> None:
    shop.jobs("another_one")
    shop.jobs(table).add(kind="A", state="queued")

    assert list(shop.read().lanes) == [Lane(table.strip('"'), "A")]


def test_a_schema_that_is_searched_wins(shop: Shop) -> None:
    shop.run("CREATE SCHEMA archive", "CREATE SCHEMA work")
    shop.jobs("archive.jobs", types={"queue": "text"})
    shop.jobs("work.jobs")
    shop.jobs("public.jobs").add(kind="A", state="queued")

    assert list(shop.read().lanes) == [Lane("jobs", "A")]
    assert shop.read(dsn=f"{shop.database.dsn}?schema=work").lanes == {}


def test_a_table_that_no_search_finds_is_found_when_it_is_the_only_one(shop: Shop) -> None:
    shop.run("CREATE SCHEMA work")
    shop.jobs("work.jobs").add(kind="A", state="queued")

    assert list(shop.read().lanes) == [Lane("jobs", "A")]


def test_a_partition_is_no_table_of_its_own(shop: Shop) -> None:
    shop.run(
        "CREATE TABLE jobs (kind text, state text, run_at timestamptz, attempts int) PARTITION BY LIST (state)",
        "CREATE TABLE tasks PARTITION OF jobs DEFAULT",
        "INSERT INTO jobs VALUES ('A', 'queued', now(), 0)",
    )

    assert list(shop.read().lanes) == [Lane("jobs", "A")]


def test_no_jobs_table_is_refused_with_what_there_is(shop: Shop) -> None:
    shop.run(USERS, 'CREATE TABLE "Odd Name" (id int)', EVENTS)

    with pytest.raises(Refused) as caught:
        shop.read()

    assert str(caught.value) == (
        f"{dsn.parse(shop.database.dsn).public()}: no table that role postgres can see there is one of jobs "
        '(there are: public."Odd Name", public.job_events, public.users): is it the right database? '
        "else name the table under `table:` in jobqueue.yml"
    )


def test_an_empty_database_has_no_jobs_table(shop: Shop) -> None:
    with pytest.raises(Refused, match=r"/\w+: no table that role postgres can see .*\(there are: no tables\)"):
        shop.read()


def test_several_that_look_alike_are_refused_by_name(shop: Shop) -> None:
    shop.jobs("tasks")
    shop.jobs("jobs")

    with pytest.raises(Refused) as caught:
        shop.read()

    assert str(caught.value) == (
        "several tables look like a jobs table (public.jobs, public.tasks): name yours under `table:` in jobqueue.yml"
    )


def test_one_of_several_may_be_named(shop: Shop) -> None:
    shop.jobs("tasks")
    shop.jobs("jobs").add(kind="A", state="queued")

    assert list(shop.read(table="jobs").lanes) == [Lane("jobs", "A")]


def test_companions_stand_in_the_same_schema(shop: Shop) -> None:
    shop.run("CREATE SCHEMA work", EVENTS)
    shop.jobs("work.jobs")

    assert shop.read().facts.flow_window is None
    shop.run("ALTER TABLE job_events SET SCHEMA work")
    assert shop.read().facts.flow_window is not None


@pytest.mark.parametrize("schema", ["pgstore", "pg2test"])
def test_a_schema_whose_name_starts_like_those_of_postgres_is_searched(shop: Shop, schema: str) -> None:
    shop.run(f"CREATE SCHEMA {schema}")
    shop.jobs(f"{schema}.jobs").add(kind="A", state="queued")

    assert list(shop.read().lanes) == [Lane("jobs", "A")]


def test_a_named_table_of_another_schema_is_refused_with_where_it_is(shop: Shop) -> None:
    shop.run("CREATE SCHEMA app", 'CREATE SCHEMA "My work"')
    shop.jobs("app.background_jobs")
    shop.jobs('"My work".background_jobs')

    with pytest.raises(Refused) as caught:
        shop.read(table="Background_jobs")

    assert str(caught.value) == (
        'there is no table Background_jobs, but there is "My work".background_jobs and app.background_jobs: '
        "write its name so"
    )


def test_a_named_table_of_a_schema_that_may_not_be_used_is_refused_with_the_grant(shop: Shop) -> None:
    shop.run("CREATE SCHEMA app", "CREATE ROLE reader LOGIN")
    shop.jobs("app.jobs")
    shop.run("GRANT SELECT ON app.jobs TO reader")

    with pytest.raises(Refused) as caught:
        shop.read(role="reader", table="jobs")

    assert str(caught.value) == (
        "there is no table jobs, but there is app.jobs in a schema that this role may not use: run "
        '`GRANT USAGE ON SCHEMA "app" TO "reader"`, and write its name so if it is the one'
    )
