"""The role that is printed for changes can do all that is offered, and no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import errors as pg

from jobqueue_exporter import engines
from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.engines.procrastinate.writer_role import PERIODIC
from jobqueue_exporter.engines.sql.writers import ROLE
from jobqueue_exporter.model import State
from tests.deadline import until
from tests.engines.procrastinate.site import CANCEL, DELETE, RECLAIM, REQUEUE, Site

TABLES = ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers", PERIODIC)


@pytest.fixture(params=[False, True], ids=["open", "secured"])
def site_with_role(site: Site, request: pytest.FixtureRequest) -> Site:
    """A hardened database with the printed role, with and without row-level security."""
    site.run("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
    if request.param:
        site.run(*(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in TABLES))
    site.run(*engines.writer(site.source()))
    return site


def test_it_can_do_all_that_is_offered(site_with_role: Site, tmp_path: Path) -> None:
    site = site_with_role
    lost = site.defer("hold", {"path": str(tmp_path / "never")})
    with site.worker():
        until(lambda: site.status(lost) == "doing")
    site.run("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'")
    dead = site.defer("boom")
    gone = site.row("SELECT procrastinate_defer_periodic_job_v2('q', NULL, NULL, 'boom', 0, 'a', 1, '{}')")[0]
    site.work()
    # A worker that starts takes silent ones off the list.
    waiting = site.defer("ok")
    operator = site.operator(ROLE)
    orders = {lost: RECLAIM, dead: REQUEUE, gone: DELETE, waiting: CANCEL}

    for dry_run in (True, False):
        found = [
            change
            for job, order in orders.items()
            for change in operator.change(replace(order, dry_run=dry_run), [str(job)])
        ]
        assert [change.done for change in found] == [True] * 4, [change.text for change in found]
    assert {job.id: job.status for job in site.jobs()} == {lost: "todo", dead: "todo", waiting: "cancelled"}
    assert site.row(f"SELECT count(*), count(job_id) FROM {PERIODIC}") == (1, 0)


def test_it_can_read_all_that_is_shown(site_with_role: Site) -> None:
    job = site_with_role.defer("boom", {"n": 1})
    site_with_role.work()

    operator = site_with_role.operator(ROLE)
    detail = operator.inspect(str(job))

    assert detail is not None
    assert (detail.payload, detail.job.word) == ('{"n": 1}', "failed")
    assert next(operator.list(Wanted(state=State.DEAD_LETTER, whole=True))).row == detail.job.row
    assert list(operator.workers() or ()) == []


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE procrastinate_jobs SET args = '{}'",
        "UPDATE procrastinate_jobs SET task_name = 'x'",
        "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('q', 'x')",
        "DELETE FROM procrastinate_events",
        "UPDATE procrastinate_events SET at = now()",
        "DELETE FROM procrastinate_workers",
        "SELECT task_name FROM procrastinate_periodic_defers",
        "TRUNCATE procrastinate_jobs",
        "SELECT procrastinate_fetch_job_v2(NULL, NULL)",
    ],
)
def test_it_can_do_no_more(site_with_role: Site, query: str) -> None:
    with psycopg.connect(site_with_role.database.dsn_of(ROLE)) as connection, pytest.raises(pg.InsufficientPrivilege):
        connection.execute(query.encode())


def test_it_can_be_printed_and_run_again(site_with_role: Site) -> None:
    again = engines.writer(site_with_role.source())

    assert [line for line in again if line.startswith("CREATE")] == []
    site_with_role.run(*again)
