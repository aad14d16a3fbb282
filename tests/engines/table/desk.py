"""Operators of a jobs table, and what they list."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.demo.database import Database
from jobqueue_exporter.engines.operations import Job, Wanted
from jobqueue_exporter.engines.table.operator import TableOperator
from jobqueue_exporter.model import State
from jobqueue_exporter.secret import Secret


@contextmanager
def operating(database: Database, role: str = "postgres", /, **options: object) -> Iterator[TableOperator]:
    """An operator of the jobs table of a database, closed at the end."""
    source = Source(name="shop", dsn=Secret(database.dsn_of(role)), **options)  # type: ignore[arg-type]  # whatever a source may have
    operator = TableOperator(source)
    try:
        yield operator
    finally:
        operator.close()


def listed(
    database: Database, state: State = State.DEAD_LETTER, role: str = "postgres", /, **asked: object
) -> list[Job]:
    """All jobs that are wanted."""
    with operating(database, role) as operator:
        return list(operator.list(Wanted(state=state, **asked)))  # type: ignore[arg-type]  # whatever may be asked
