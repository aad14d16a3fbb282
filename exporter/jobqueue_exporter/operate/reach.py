"""How far commands reach into a source, by its engine."""

from __future__ import annotations

from dataclasses import dataclass

from jobqueue_exporter import engines
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Reach:
    """`jobs`: its jobs and workers can be listed. `sql`: it is a database that takes SQL. `offers`: what can be done
    to its jobs."""

    jobs: bool = False
    sql: bool = False
    offers: frozenset[Operation] = frozenset()


def of(engine: str) -> Reach:
    """The reach into sources of this engine; none where it is not known."""
    try:
        found = engines.engine(engine) if engine in ENGINES else None
    except ConfigError:  # a library of it is not installed
        found = None
    if found is None:
        return Reach()
    operated = found.operator is not None
    return Reach(operated, ENGINES[engine] == "postgresql", found.operations if operated else frozenset())
