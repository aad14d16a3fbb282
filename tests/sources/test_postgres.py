"""One read-only connection to one Postgres, that leaves no trace and never waits too long."""

from __future__ import annotations

import pytest

from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.errors import Refused, TimedOut
from jobqueue_exporter.sources.postgres import APPLICATION_NAME, Postgres, Session
from tests.sources.conftest import Connect, soon

SETTINGS = """
SELECT name, setting FROM pg_settings WHERE name IN ('TimeZone', 'statement_timeout', 'lock_timeout', 'search_path',
    'application_name', 'transaction_read_only', 'transaction_isolation', 'jit', 'max_parallel_workers_per_gather',
    'client_encoding', 'idle_in_transaction_session_timeout')
"""


def _pid(source: Postgres) -> int:
    with source.session(soon()) as session:
        return int(session.rows("SELECT pg_backend_pid()")[0][0])


def _settings(session: Session) -> dict[str, str]:
    return dict(session.rows(SETTINGS))


def test_a_session_sees_one_snapshot(source: Postgres, database: Database) -> None:
    database.connection.execute("CREATE TABLE jobs (id int)")

    with source.session(soon()) as session:
        before = session.rows("SELECT count(*) FROM jobs")
        database.connection.execute("INSERT INTO jobs VALUES (1)")
        assert session.rows("SELECT count(*) FROM jobs") == before == [(0,)]


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO jobs VALUES (1)",
        "CREATE TABLE other (id int)",
        "SELECT nextval('numbers')",
        "SELECT * FROM jobs FOR UPDATE",
    ],
)
def test_a_session_cannot_write(source: Postgres, database: Database, write: str) -> None:
    database.connection.execute("CREATE TABLE jobs (id int); CREATE SEQUENCE numbers")

    with pytest.raises(Refused, match="read-only transaction"), source.session(soon()) as session:
        session.rows(write)


def test_a_session_is_guarded(connect: Connect, database: Database) -> None:
    database.connection.execute("CREATE SCHEMA work")
    source = connect(f"{database.dsn}?schema=work")

    with source.session(soon(9)) as session:
        settings = _settings(session)

    assert 8000 < int(settings.pop("statement_timeout")) <= 9000
    assert settings == {
        "TimeZone": "UTC",
        "lock_timeout": "500",
        "idle_in_transaction_session_timeout": "5000",
        "search_path": "work",
        "application_name": APPLICATION_NAME,
        "transaction_read_only": "on",
        "transaction_isolation": "repeatable read",
        "jit": "off",
        "max_parallel_workers_per_gather": "0",
        "client_encoding": "UTF8",
    }


def test_nothing_is_left_behind_on_the_connection(connect: Connect, database: Database) -> None:
    for setting in ("timezone = 'America/New_York'", "search_path = pg_catalog", "statement_timeout = '77s'"):
        database.connection.execute(f"ALTER DATABASE {database.name} SET {setting}".encode())
    source = connect(f"{database.dsn}?schema=work")
    with pytest.raises(Refused), source.session(soon()) as session:
        session.rows("SELECT * FROM nowhere")
    with source.session(soon()) as session:
        session.contained(lambda: session.rows("SELECT 1"))

    connection = source._connection
    assert connection is not None
    settings: dict[str, str] = dict(connection.execute(SETTINGS.encode()).fetchall())

    assert (settings["TimeZone"], settings["search_path"]) == ("America/New_York", "pg_catalog")
    assert (settings["statement_timeout"], settings["lock_timeout"]) == ("77000", "0")
    assert settings["transaction_read_only"] == "off"


def test_a_name_of_ones_own_is_kept(connect: Connect, database: Database) -> None:
    with connect(f"{database.dsn}?application_name=mine").session(soon()) as session:
        assert _settings(session)["application_name"] == "mine"


def test_fifty_readings_take_one_connection(source: Postgres, database: Database) -> None:
    pids = {_pid(source) for _ in range(50)}

    seen = database.connection.execute(
        "SELECT pid, state FROM pg_stat_activity WHERE application_name = %s AND datname = %s",
        [APPLICATION_NAME, database.name],
    ).fetchall()
    assert seen == [(pids.pop(), "idle")]


def test_a_failure_that_is_contained_leaves_the_session_usable(source: Postgres) -> None:
    with source.session(soon()) as session:
        for _ in range(3):
            with pytest.raises(Refused, match='relation "nowhere" does not exist: was it renamed or dropped'):
                session.contained(lambda: session.rows("SELECT * FROM nowhere"))
        assert session.contained(lambda: session.rows("SELECT 1")) == [(1,)]


def test_a_failure_may_be_contained_within_another(source: Postgres) -> None:
    def outer(session: Session) -> None:
        with pytest.raises(Refused, match="division by zero"):
            session.contained(lambda: session.rows("SELECT 1 / 0"))
        session.rows("SELECT * FROM nowhere")

    with source.session(soon()) as session:
        with pytest.raises(Refused, match="nowhere"):
            session.contained(lambda: outer(session))
        assert session.rows("SELECT 1") == [(1,)]


def test_a_query_ends_at_the_deadline_and_the_connection_lives(source: Postgres) -> None:
    pid = _pid(source)

    with (
        pytest.raises(TimedOut, match="canceling statement due to statement timeout"),
        source.session(soon(0.2)) as session,
    ):
        session.rows("SELECT pg_sleep(60)")

    assert _pid(source) == pid


def test_each_query_has_what_the_ones_before_it_left(source: Postgres) -> None:
    left = "SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'"
    with source.session(soon()) as session:
        ((first,),) = session.rows(left)
        session.rows("SELECT pg_sleep(0.1)")
        ((second,),) = session.rows(left)

    assert second <= first - 100


def test_all_queries_of_a_session_share_its_deadline(source: Postgres) -> None:
    def read(session: Session) -> None:
        for _ in range(20):
            session.rows("SELECT pg_sleep(0.1)")

    with pytest.raises(TimedOut), source.session(soon(0.4)) as session:
        read(session)


def test_a_session_whose_time_is_over_asks_nothing(connect: Connect) -> None:
    source = connect("postgresql://nobody@127.0.0.1:1/nowhere")

    with pytest.raises(TimedOut, match="the time limit was over before the reading began"), source.session(soon(-1)):
        pass


def test_a_locked_table_is_not_waited_for(source: Postgres, database: Database) -> None:
    database.connection.execute("CREATE TABLE jobs (id int)")
    with database.connection.transaction():
        database.connection.execute("ALTER TABLE jobs ADD state text")
        with (
            pytest.raises(Refused, match="lock timeout: the table is locked, as by ALTER TABLE or LOCK"),
            source.session(soon()) as session,
        ):
            session.rows("SELECT * FROM jobs")

    with source.session(soon()) as session:
        assert session.rows("SELECT state FROM jobs") == []


def test_an_error_tells_nothing_of_the_row(source: Postgres, database: Database) -> None:
    database.connection.execute("CREATE TABLE jobs (id int, owner text)")
    database.connection.execute("INSERT INTO jobs VALUES (1, 'jane@example.com')")

    with pytest.raises(Refused) as caught, source.session(soon()) as session:
        session.rows("SELECT id / (id - 1), owner FROM jobs")

    assert str(caught.value) == f"{database.dsn}: division by zero"
