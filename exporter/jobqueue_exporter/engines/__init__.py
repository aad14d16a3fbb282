"""The job engines that we can read: one entry in ENGINES for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Finding, Proposal, Reader
from jobqueue_exporter.engines.table import guards, roles
from jobqueue_exporter.engines.table.checkup import checkup as table_checkup
from jobqueue_exporter.engines.table.proposal import propose
from jobqueue_exporter.engines.table.reader import TableReader


@dataclass(frozen=True, slots=True)
class Engine:
    """What we can do with one job engine."""

    reader: Callable[[Source], Reader]
    checkup: Callable[[Source], Iterator[Finding]]
    propose: Callable[[Source], Proposal]
    role: Callable[[Source], tuple[str, ...]]
    guards: Callable[[Source], str]


ENGINES: Mapping[str, Engine] = {
    "table": Engine(TableReader, table_checkup, propose, roles.role, guards.opening),
}


def engine(source: Source) -> Engine:
    """The engine of a source. One that names none is looked at as a plain jobs table."""
    return ENGINES[source.engine or "table"]


def reader(source: Source) -> Reader:
    """The reader of a source."""
    return engine(source).reader(source)
