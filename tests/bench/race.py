"""Core readings against the GROUP BYs, side by side on the same table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import Any

import psycopg

from jobqueue_exporter.demo.postgres import Server
from tests.bench.contender import JOBS_AND_AGE, JOBS_ONLY, Contender, GroupBy, Product
from tests.bench.ruler import Ruler

OURS = "jobqueue"
# The yardstick. Parallel workers shorten a query by taking more of the database's processors, so
# database time is measured with one process on both sides; with workers it is shown beside that.
BY_KIND = "by_kind"
BY_KIND_IN_PARALLEL = "by_kind_in_parallel"
BY_STATE_IN_PARALLEL = "by_state_in_parallel"
ROLES = (OURS, BY_KIND, BY_KIND_IN_PARALLEL, BY_STATE_IN_PARALLEL)

Milliseconds = dict[str, float]


def make_roles(connection: psycopg.Connection[Any], names: Sequence[str] = ROLES) -> None:
    """A role for each contender, so that what it costs can be told apart. Raises psycopg.Error."""
    for name in names:
        connection.execute(f"CREATE ROLE {name} LOGIN".encode())
        connection.execute(f"GRANT pg_read_all_data TO {name}".encode())
    if BY_KIND in names:
        connection.execute(f"ALTER ROLE {BY_KIND} SET max_parallel_workers_per_gather = 0".encode())


def race(server: Server, ruler: Ruler, database: str, runs: int) -> Milliseconds:
    """The median database time of each contender, who take turns."""
    queries = {
        BY_KIND: JOBS_AND_AGE,
        BY_KIND_IN_PARALLEL: JOBS_AND_AGE,
        BY_STATE_IN_PARALLEL: JOBS_ONLY,
    }
    with ExitStack() as stack:
        field: list[Contender] = [Product(OURS, server.dsn(user=OURS, dbname=database))]
        field += [GroupBy(role, server.dsn(user=role, dbname=database), query) for role, query in queries.items()]
        for contender in field:
            stack.enter_context(closing(contender))
        return _medians(ruler, field, runs)


def ours_alone(server: Server, ruler: Ruler, databases: Sequence[str], runs: int) -> Milliseconds:
    """The least database time of one core reading of each database, in turns: noise only ever adds."""
    times: dict[str, list[float]] = {name: [] for name in databases}
    with ExitStack() as stack:
        products = {name: Product(OURS, server.dsn(user=OURS, dbname=name)) for name in databases}
        for product in products.values():
            stack.enter_context(closing(product))
        for _ in range(runs):
            for name, product in products.items():
                times[name].append(_one(ruler, product))
    return {name: min(found) for name, found in times.items()}


def _medians(ruler: Ruler, field: Sequence[Contender], runs: int) -> Milliseconds:
    times: dict[str, list[float]] = {contender.role: [] for contender in field}
    for _ in range(runs):
        for contender in field:
            times[contender.role].append(_one(ruler, contender))
    return {role: statistics.median(found) for role, found in times.items()}


def _one(ruler: Ruler, contender: Contender) -> float:
    """The second of two readings, so that each finds the caches as itself left them, not as others did."""
    contender.run()
    before = ruler.spent(contender.role).milliseconds
    contender.run()
    return ruler.spent(contender.role).milliseconds - before
