"""Which engine keeps jobs in a source, from what lies there."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from psycopg.sql import Literal

from jobqueue_exporter import dsn
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Collector, Part, Reader, Request, Statement
from jobqueue_exporter.model import Signal
from jobqueue_exporter.sources.postgres import Postgres

log = logging.getLogger(__name__)

# What a team made itself looks like no other.
OWN_TABLE = "table"
_TABLES = """
SELECT array_agg(c.relname::text)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v') AND c.relname IN ({names}) AND ({schema} = '' OR n.nspname = {schema})
GROUP BY c.relnamespace
"""


def detected(source: Source, tables: Mapping[str, frozenset[str]]) -> str:
    """The name of the engine of a source that names none; `tables` are those that tell engines on Postgres.

    Raises:
        SourceError: the database cannot be asked.
    """
    kind = dsn.kind(source.dsn)
    if kind != "postgresql":
        return next(name for name, reads in ENGINES.items() if reads == kind)
    marks = {name: wanted for name, wanted in tables.items() if wanted}
    for present in _present(source, frozenset().union(*marks.values())):
        for name, wanted in marks.items():
            if source.table is None and wanted <= present:
                return name
    return OWN_TABLE


def _present(source: Source, names: frozenset[str]) -> list[frozenset[str]]:
    """Those of the tables that are there, for each schema."""
    query = _TABLES.format(
        names=", ".join(Literal(name).as_string() for name in sorted(names)) or "NULL",
        schema=Literal(source.schema or "").as_string(),
    )
    database = Postgres(dsn.parse(source.dsn), connect_timeout=source.timeout)
    try:
        with database.session(time.monotonic() + source.timeout) as session:
            return [frozenset(found) for (found,) in session.rows(query)]
    finally:
        database.close()


class Detecting:
    """A reader of a source whose engine shows at its first reading."""

    def __init__(self, source: Source, recognised: Callable[[Source], Reader]) -> None:
        self._source = source
        self._recognised = recognised
        self._reader: Reader | None = None

    @property
    def engine(self) -> str:
        """The name of the engine; empty until it is detected."""
        return self._reader.engine if self._reader else ""

    @property
    def collectors(self) -> Sequence[Collector]:
        """The collectors of the source; none before its first reading."""
        return self._reader.collectors if self._reader else ()

    @property
    def signals(self) -> Mapping[Signal, bool]:
        """What the source can tell; nothing before its first reading."""
        return self._reader.signals if self._reader else {}

    def read(self, request: Request) -> Iterator[Part]:
        """The parts of the engine's own reader. Raises SourceError."""
        yield from self._found().read(request)

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """What `read` sends. Raises SourceError."""
        return self._found().statements(request, explain=explain)

    def stop(self) -> None:
        """End a reading under way; looking for the engine has a time limit of its own."""
        if self._reader is not None:
            self._reader.stop()

    def close(self) -> None:
        """Give the connection back."""
        if self._reader is not None:
            self._reader.close()

    def _found(self) -> Reader:
        if self._reader is None:
            self._reader = self._recognised(self._source)
            log.info("source=%s keeps its jobs with engine %s", self._source.name, self._reader.engine)
        return self._reader
