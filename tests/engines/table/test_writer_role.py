"""The role that `jobqueue sql writer` prints can do all that commands do to jobs, and nothing else."""

from __future__ import annotations

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import errors as pg

from jobqueue_exporter.cli import main
from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.engines.sql.writers import ROLE
from jobqueue_exporter.errors import Refused
from tests.engines.table.orders import changed, events, states
from tests.engines.table.shop import Jobs, Shop
from tests.engines.table.test_dead_letter_table import TABLES

SECURED = ("jobs", "job_events")


def _printed(shop: Shop) -> list[str]:
    result = CliRunner().invoke(main, ["sql", "writer"], env={"DATABASE_URL": shop.database.dsn})
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


@pytest.fixture(params=[False, True], ids=["open", "secured"])
def shop_with_role(shop: Shop, jobs: Jobs, request: pytest.FixtureRequest) -> Shop:
    """The tables of system A with the printed role, with and without row-level security."""
    shop.run("ALTER TABLE job_events ADD id bigserial PRIMARY KEY")
    shop.run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC")
    if request.param:
        shop.run(*(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY" for table in SECURED))
    shop.run(*_printed(shop))
    return shop


def test_it_can_do_all_that_is_offered_and_writes_it_down(shop_with_role: Shop, jobs: Jobs) -> None:
    jobs.new()
    jobs.new(state="cancelled")
    jobs.new(state="discarded")
    dead, lost, waits, given_up, gone = (
        jobs.new(state="dead_letter"), jobs.new(state="running", heartbeat_at=-900), jobs.new(),
        jobs.new(state="dead_letter"), jobs.new(state="dead_letter"),
    )  # fmt: skip
    orders = {
        Operation.REQUEUE: dead, Operation.RECLAIM: lost, Operation.CANCEL: waits, Operation.ABANDON: given_up,
        Operation.DELETE: gone,
    }  # fmt: skip
    for dry_run in (True, False):
        found = [changed(shop_with_role, do, job, role=ROLE, dry_run=dry_run)[0] for do, job in orders.items()]
        assert [change.done for change in found] == [True] * 5, [change.text for change in found]
        assert [change.audited for change in found] == [not dry_run] * 5
    assert states(jobs, [dead, lost, waits, given_up]) == ["queued", "queued", "cancelled", "discarded"]
    written = {job: stage for job, stage, _ in events(jobs)}
    stages = ("requeued", "reclaimed", "cancelled", "abandoned", "deleted")
    assert written == dict(zip(orders.values(), stages, strict=True))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT payload FROM jobs",
        "UPDATE jobs SET kind = 'x'",
        "INSERT INTO jobs DEFAULT VALUES",
        "DELETE FROM job_events",
        "UPDATE job_events SET stage = 'x'",
        "TRUNCATE jobs",
    ],
)
def test_it_can_do_no_more(shop_with_role: Shop, query: str) -> None:
    with psycopg.connect(shop_with_role.database.dsn_of(ROLE)) as connection, pytest.raises(pg.InsufficientPrivilege):
        connection.execute(query.encode())


def test_it_can_be_printed_and_run_again(shop_with_role: Shop) -> None:
    again = _printed(shop_with_role)
    assert [line for line in again if line.startswith("CREATE")] == []
    shop_with_role.run(*again)


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    ("operation", "lacks"),
    [
        (Operation.REQUEUE, "UPDATE (state, attempts, run_at, locked_at, locked_by, heartbeat_at, updated_at)"),
        (Operation.DELETE, "DELETE"),
    ],
)
def test_a_role_that_lacks_a_right_is_told_which(
    shop: Shop, jobs: Jobs, operation: Operation, lacks: str, *, dry_run: bool
) -> None:
    jobs.new()
    job = jobs.new(state="dead_letter")
    shop.run("CREATE ROLE reader LOGIN", "GRANT SELECT ON jobs, job_events TO reader")
    with pytest.raises(Refused) as caught:
        changed(shop, operation, job, role="reader", dry_run=dry_run)
    prefix = "" if str(caught.value).startswith("role") else str(caught.value).partition(": role ")[0] + ": "
    assert str(caught.value) == (
        f"{prefix}role reader has no right to {lacks} on public.jobs: `jobqueue sql writer` prints a role that has, "
        "for write_dsn"
    )
    assert states(jobs, [job]) == ["dead_letter"]


@pytest.mark.parametrize("operation", [Operation.REQUEUE, Operation.DELETE])
def test_a_policy_that_hides_rows_from_changes_alone_is_told(shop: Shop, jobs: Jobs, operation: Operation) -> None:
    jobs.new()
    seen, hidden = jobs.new("A", state="dead_letter"), jobs.new("B", state="dead_letter")
    shop.run(
        "CREATE ROLE half LOGIN", "GRANT ALL ON jobs, job_events TO half", "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY a ON jobs FOR SELECT USING (true)", "CREATE POLICY b ON jobs FOR UPDATE USING (kind = 'A')",
        "CREATE POLICY c ON jobs FOR DELETE USING (kind = 'A')",
    )  # fmt: skip
    found = changed(shop, operation, hidden, seen, role="half")
    assert [change.done for change in found] == [False, True]
    assert found[0].text.startswith("row-level security keeps this role from changing it: left alone")
    assert states(jobs, [hidden]) == ["dead_letter"]


def test_it_can_do_the_same_to_dead_jobs_in_a_table_of_their_own(shop: Shop) -> None:
    shop.run(
        TABLES, "INSERT INTO dead_letter_queue (status, created_at) SELECT 'pending', now() FROM generate_series(1, 3)"
    )
    shop.run(*_printed(shop))
    orders = {Operation.REQUEUE: "1", Operation.ABANDON: "2", Operation.DELETE: "3"}
    found = [changed(shop, do, job, role=ROLE)[0] for do, job in orders.items()]
    assert [change.done for change in found] == [True] * 3, [change.text for change in found]
    query = "SELECT id, status, retry_after IS NOT NULL FROM dead_letter_queue ORDER BY id"
    rows = shop.database.connection.execute(query).fetchall()
    assert rows == [(1, "retry_scheduled", True), (2, "abandoned", False)]
