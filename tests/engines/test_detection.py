"""Which engine is found behind an address that names none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import msgspec
import pytest

from jobqueue_exporter import engines
from jobqueue_exporter.config.types import EngineName, Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.protocol import Reader, Request
from jobqueue_exporter.errors import Refused, SourceError, Unreachable
from jobqueue_exporter.model import Facts
from jobqueue_exporter.secret import Secret
from tests.engines.procrastinate.site import Site
from tests.engines.table.shop import Shop

PROCRASTINATE = "CREATE TABLE procrastinate_jobs (); CREATE TABLE procrastinate_events ()"


def found(database: Database, **settings: str) -> str | None:
    return engines.named(Source(name="a", dsn=Secret(database.dsn), **settings)).engine  # type: ignore[arg-type]  # texts


def test_a_plain_table_of_jobs_is_a_table(database: Database) -> None:
    database.connection.execute("CREATE TABLE jobs (id int, state text)")
    assert found(database) == "table"


def test_a_database_without_anything_is_taken_for_one_whose_table_is_yet_to_be_named(database: Database) -> None:
    assert found(database) == "table"


def test_an_engine_is_known_by_its_tables(database: Database) -> None:
    database.connection.execute(PROCRASTINATE.encode())
    database.connection.execute("CREATE TABLE jobs (id int, state text)")
    assert found(database) == "procrastinate"


def test_tables_in_two_schemas_are_not_one_engine(database: Database) -> None:
    database.connection.execute("CREATE SCHEMA other; CREATE TABLE other.procrastinate_events ()")
    database.connection.execute("CREATE TABLE procrastinate_jobs ()")
    assert found(database) == "table"


def test_only_the_schema_that_is_named_is_looked_at(database: Database) -> None:
    database.connection.execute(PROCRASTINATE.encode())
    assert (found(database, schema="other"), found(database, schema="public")) == ("table", "procrastinate")


def test_who_names_a_table_means_that_table(database: Database) -> None:
    database.connection.execute(PROCRASTINATE.encode())
    assert found(database, table="public.jobs") == "table"


def test_a_reader_learns_its_engine_at_the_first_reading_that_succeeds(database: Database) -> None:
    shop = Shop(database)
    shop.jobs().add(kind="A", state="queued")
    reader = engines.reader(Source(name="a", dsn=Secret(database.dsn)))
    assert (reader.engine, reader.collectors, reader.signals) == ("", (), {})

    parts = list(reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset())))
    reader.close()

    assert [part.error for part in parts] == [""]
    assert reader.engine == "table"


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    """procrastinate's own tables."""
    site = Site(database)
    yield site
    site.close()


def told(reader: Reader) -> Facts:
    """The facts of the jobs; the reader is as open as it was."""
    part, *_ = reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset()))
    assert part.facts is not None
    return part.facts


def told_once(source: Source) -> Facts:
    with closing(engines.reader(source)) as reader:
        return told(reader)


def test_a_table_that_could_not_be_read_was_a_guess_and_the_next_reading_looks_again(database: Database) -> None:
    reader = engines.reader(Source(name="a", dsn=Secret(database.dsn)))
    with pytest.raises(Refused, match="no table that role"):
        told(reader)
    assert reader.engine == ""

    database.connection.execute(PROCRASTINATE.encode())
    with pytest.raises(Refused, match="procrastinate_jobs"):
        reader.statements(Request(deadline=time.monotonic() + 20, extras=frozenset()))
    database.connection.execute("DROP TABLE procrastinate_jobs, procrastinate_events")
    Shop(database).jobs().add(kind="A", state="queued")

    told(reader)
    reader.close()
    assert reader.engine == "table"


def test_an_engine_that_was_read_once_is_not_given_up(database: Database) -> None:
    Shop(database).jobs().add(kind="A", state="queued")
    reader = engines.reader(Source(name="a", dsn=Secret(database.dsn)))
    told(reader)

    database.connection.execute("ALTER TABLE jobs RENAME TO gone")
    with pytest.raises(SourceError):
        told(reader)

    reader.close()
    assert reader.engine == "table"


def test_tables_of_another_engine_are_not_taken_for_a_teams_own_unless_they_are_named(database: Database) -> None:
    database.connection.execute(
        "CREATE TABLE procrastinate_jobs (id bigserial, status text, kind text, attempts int, created_at timestamptz)"
    )
    own = Source(name="a", dsn=Secret(database.dsn), engine=EngineName("table"))

    with pytest.raises(Refused, match=r"no table that role .* is one of jobs .* public\.procrastinate_jobs"):
        told_once(own)
    assert told_once(msgspec.structs.replace(own, table="procrastinate_jobs")).lanes == {}


UNREAD = (
    "public.jobs looks like a jobs table of your own, and is not read here: to read it too, name it in jobqueue.yml as "
    "another source with the same dsn, `engine: table` and `table: public.jobs`"
)


@pytest.mark.parametrize(
    "columns",
    ["state text, kind text, attempts int, created_at timestamptz", "state text, kind text, created_at timestamptz"],
)
def test_a_table_of_ones_own_beside_another_engine_is_said_to_be_left_unread(site: Site, columns: str) -> None:
    source = site.source(engine=None)
    assert told_once(source).notices == ()

    site.run(f"CREATE TABLE jobs (id bigserial PRIMARY KEY, {columns})")

    assert told_once(source).notices == (UNREAD,)
    assert UNREAD in [finding.text for finding in engines.checkup(source)]
    assert UNREAD in engines.propose(source).notices
    named = msgspec.structs.replace(source, engine=EngineName("procrastinate"))
    assert told_once(named).notices == ()
    assert UNREAD not in [finding.text for finding in engines.checkup(named)]


def test_a_database_looked_at_before_its_migrations_is_read_by_its_engine_after_them(database: Database) -> None:
    reader = engines.reader(Source(name="a", dsn=Secret(database.dsn)))
    with pytest.raises(Refused):
        told(reader)

    site = Site(database)
    site.defer("ok")

    parts = list(reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset())))
    reader.close()
    site.close()
    assert (reader.engine, [part.collector for part in parts]) == ("procrastinate", ["jobs", "workers"])


def test_a_database_that_is_not_there_fails_the_reading_and_the_next_one_looks_again() -> None:
    reader = engines.reader(Source(name="a", dsn=Secret("host=127.0.0.1 port=1 user=u password=hunter22 dbname=d")))
    for _ in range(2):
        with pytest.raises(Unreachable) as failure:
            list(reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset())))
        assert "hunter22" not in str(failure.value)
    assert reader.engine == ""


def test_a_reading_that_has_no_time_left_does_not_look() -> None:
    reader = engines.reader(Source(name="a", dsn=Secret("host=127.0.0.1 port=1")))
    with pytest.raises(SourceError):
        list(reader.read(Request(deadline=time.monotonic() - 1, extras=frozenset())))
