"""What a role may read: as little as is printed, and never half of the rows without saying so."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors as pg

from jobqueue_exporter import dsn, engines
from jobqueue_exporter.engines.protocol import Status
from jobqueue_exporter.engines.sql.grants import ROLE
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, State
from tests.engines.procrastinate.site import Site, told

OK = Lane("default", "ok")
SECURED = "ALTER TABLE {} ENABLE ROW LEVEL SECURITY"
JOBS = "procrastinate_jobs"


@pytest.fixture
def waiting(site: Site) -> Site:
    """One job, and a role that may read all."""
    site.defer("ok", {"secret": "hunter2"})
    site.role("watcher", "SELECT ON ALL TABLES IN SCHEMA public")
    return site


def _printed(site: Site) -> None:
    site.run(*engines.role(site.source()))


@pytest.mark.parametrize("secured", [False, True])
def test_the_printed_role_reads_all_that_is_told(waiting: Site, secured: bool) -> None:
    if secured:
        waiting.run(*(SECURED.format(f"procrastinate_{name}") for name in ("jobs", "events", "workers")))
    _printed(waiting)

    found = waiting.told(waiting.reader(ROLE))

    assert (found.errors, found.facts.notices) == ({}, ())
    assert found.counts() == {OK: {State.PENDING: 1}}
    assert [part.collector for part in found.parts] == ["jobs", "workers", "dead_letters", "flows"]


@pytest.mark.parametrize("query", ["SELECT args FROM procrastinate_jobs", "DELETE FROM procrastinate_events"])
def test_the_printed_role_may_do_no_more(waiting: Site, query: str) -> None:
    _printed(waiting)

    with (
        psycopg.connect(waiting.database.dsn_of(ROLE)) as connection,
        pytest.raises((pg.InsufficientPrivilege, pg.ReadOnlySqlTransaction)),
    ):
        connection.execute(query.encode())


def test_a_role_that_may_read_nothing_is_told_what_it_needs(waiting: Site) -> None:
    waiting.role("nobody_yet")

    assert engines.role(waiting.source("nobody_yet")) == engines.role(waiting.source())
    with pytest.raises(Refused, match="permission denied for table procrastinate_jobs: run `GRANT SELECT ON"):
        told(waiting.reader("nobody_yet"))


def test_a_column_that_may_not_be_read_is_named(waiting: Site) -> None:
    waiting.role("half", f"SELECT (id, queue_name, task_name) ON {JOBS}")

    match = "column status and scheduled_at and attempts of public.procrastinate_jobs may not be read"
    with pytest.raises(Refused, match=match):
        told(waiting.reader("half"))


def test_a_lock_that_may_not_be_read_costs_what_it_tells(waiting: Site) -> None:
    columns = "id, queue_name, task_name, status, scheduled_at, attempts, worker_id, priority"
    waiting.role("half", f"SELECT ({columns}) ON {JOBS}", "SELECT ON procrastinate_events, procrastinate_workers")

    found = waiting.told(waiting.reader("half"))

    assert found.counts() == {OK: {State.PENDING: 1}}
    assert State.BLOCKED not in (found.facts.capped or {})
    assert found.facts.notices == (
        "column lock of public.procrastinate_jobs may not be read: `jobqueue sql role` grants it",
        "jobs that wait for a lock cannot be told and count as pending: its rule for locks is not known",
    )


def test_hidden_jobs_are_an_error_at_once_and_no_zeros(waiting: Site) -> None:
    reader = waiting.reader("watcher")
    assert told(reader).counts() == {OK: {State.PENDING: 1}}

    waiting.run(SECURED.format(JOBS))
    with pytest.raises(Refused, match=r"row-level security on public\.procrastinate_jobs hides rows from this role"):
        told(reader)

    waiting.run(f"CREATE POLICY all_rows ON {JOBS} FOR SELECT USING (true)")
    assert told(reader).counts() == {OK: {State.PENDING: 1}}

    waiting.run(f"DROP POLICY all_rows ON {JOBS}")
    with pytest.raises(Refused, match=r"row-level security on public\.procrastinate_jobs hides rows from this role"):
        told(reader)


@pytest.mark.parametrize(
    ("table", "collector"), [("procrastinate_events", "flows"), ("procrastinate_workers", "workers")]
)
def test_hidden_rows_of_another_table_cost_what_it_tells(waiting: Site, table: str, collector: str) -> None:
    waiting.run(SECURED.format(table))

    found = waiting.told(waiting.reader("watcher"))

    assert found.counts() == {OK: {State.PENDING: 1}}
    assert list(found.errors) == [collector]
    assert f"row-level security on public.{table} hides rows" in found.errors[collector]


def test_doctor_finds_nothing_wrong_and_prints_the_role(waiting: Site) -> None:
    findings = list(engines.checkup(waiting.source()))

    assert [one.topic for one in findings if one.status is Status.FAILED] == []
    told = f"procrastinate schema 3.4, at {dsn.address(waiting.source().dsn).public()}"
    assert ("engine", told) in [(one.topic, one.text) for one in findings]
    assert findings[-1].statement == "\n".join(engines.role(waiting.source()))


def test_doctor_says_why_nothing_can_be_read(waiting: Site) -> None:
    waiting.role("nobody_yet")

    findings = list(engines.checkup(waiting.source("nobody_yet")))

    assert [(one.status, one.topic) for one in findings] == [(Status.FAILED, "read"), (Status.INFO, "role")]
