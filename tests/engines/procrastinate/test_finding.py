"""The engine is recognised by its tables, in whichever schema they are."""

from __future__ import annotations

import pytest

from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, State
from tests.engines.procrastinate.site import Site, told

OK = Lane("default", "ok")
ONE = {OK: {State.PENDING: 1}}


def _moved(site: Site, schema: str) -> None:
    site.run(
        f"CREATE SCHEMA {schema}",
        *(f"ALTER TABLE procrastinate_{name} SET SCHEMA {schema}" for name in ("jobs", "events", "workers")),
    )


@pytest.fixture
def waiting(site: Site) -> Site:
    """One job."""
    site.defer("ok")
    return site


def test_a_source_that_names_no_engine_is_recognised(waiting: Site) -> None:
    reader = waiting.reader(engine=None)

    found = told(reader)

    assert (reader.engine, found.counts(), found.errors) == ("procrastinate", ONE, {})


def test_a_schema_off_the_search_path_is_found(waiting: Site) -> None:
    _moved(waiting, "jobs")

    assert waiting.told().counts() == ONE
    assert waiting.told(engine=None).counts() == ONE


def test_the_search_path_chooses_between_schemas(waiting: Site) -> None:
    _moved(waiting, "jobs")
    waiting.run("CREATE SCHEMA other", "CREATE TABLE other.procrastinate_jobs (id int)")

    with pytest.raises(Refused, match="several schemas hold procrastinate_jobs: jobs, other; name one as schema"):
        waiting.told()
    assert waiting.told(schema="jobs").counts() == ONE
    waiting.run(f"ALTER DATABASE {waiting.database.name} SET search_path = jobs")
    assert waiting.told().counts() == ONE


def test_a_schema_without_the_tables_is_told_with_where_they_are(waiting: Site) -> None:
    match = "no table procrastinate_jobs in schema jobs: it is in public; set schema to that"
    with pytest.raises(Refused, match=match):
        waiting.told(schema="jobs")


def test_a_database_without_the_tables_is_told_how_to_make_them(waiting: Site) -> None:
    waiting.run("DROP TABLE procrastinate_jobs CASCADE")

    with pytest.raises(Refused, match="no table procrastinate_jobs in this database: run `procrastinate schema"):
        waiting.told()
