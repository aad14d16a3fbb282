"""What a person orders, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.engines.table.changes import Changes
from jobqueue_exporter.secret import Secret
from tests.engines.table.shop import Jobs, Shop

WHO, WHY = "ann", "the disk was full"


def order(operation: Operation, *, dry_run: bool = False) -> Order:
    """Ann's order."""
    return Order(operation=operation, who=WHO, reason=WHY, dry_run=dry_run)


def source_of(shop: Shop, role: str = "postgres", **options: object) -> Source:
    """The database as a source, written to as this role."""
    read, write = Secret(shop.database.dsn_of("postgres")), Secret(shop.database.dsn_of(role))
    return Source(name="shop", dsn=read, write_dsn=write, **options)  # type: ignore[arg-type]  # whatever a source may have


def changed(
    shop: Shop,
    operation: Operation,
    *ids: str,
    role: str = "postgres",
    dry_run: bool = False,
    **options: object,
) -> list[Change]:
    """What became of these jobs."""
    with closing(Changes(source_of(shop, role, **options))) as changes:
        return list(changes.change(order(operation, dry_run=dry_run), ids))


def row(jobs: Jobs, job: str, *columns: str) -> tuple[object, ...]:
    """These columns of one job, by their real names."""
    listed = ", ".join(f'"{column}"' for column in columns)
    key = jobs.named.get("id", "id")
    query = f'SELECT {listed} FROM {jobs.table} WHERE "{key}"::text = %s'
    found = jobs.database.connection.execute(query.encode(), [job]).fetchone()
    assert found is not None
    return found


def states(jobs: Jobs, ids: Sequence[str]) -> list[object]:
    """The state of each of these jobs."""
    return [row(jobs, job, jobs.named.get("state", "state"))[0] for job in ids]


def events(jobs: Jobs) -> list[tuple[object, ...]]:
    """All that was written down, by job."""
    query = "SELECT job_id::text, stage, data FROM job_events ORDER BY job_id, created_at"
    return list(jobs.database.connection.execute(query.encode()).fetchall())
