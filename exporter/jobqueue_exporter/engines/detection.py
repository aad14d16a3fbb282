"""Which engine keeps jobs in a source, from what lies there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from psycopg.sql import Literal

from jobqueue_exporter import dsn
from jobqueue_exporter.config.engines import ENGINES
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Collector, Part, Reader, Request, Statement
from jobqueue_exporter.engines.sql.visit import visit
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.model import Facts, Signal
from jobqueue_exporter.sources.postgres import Session

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


def unread(source: Source, takes: Callable[[Session], tuple[str, ...]]) -> tuple[str, ...]:
    """That there are tables of the team's own as well, which another engine's reader leaves unread, and how to read
    them; nothing where the database cannot be asked. `takes` names those that look most like one of jobs."""
    try:
        with visit(source) as session:
            names = takes(session)
    except SourceError:
        return ()
    return tuple(
        f"{name} looks like a jobs table of your own, and is not read here: to read it too, name it in jobqueue.yml as "
        f"another source with the same dsn, `engine: {OWN_TABLE}` and `table: {name}`"
        for name in names
    )


def _present(source: Source, names: frozenset[str]) -> list[frozenset[str]]:
    """Those of the tables that are there, for each schema."""
    query = _TABLES.format(
        names=", ".join(Literal(name).as_string() for name in sorted(names)) or "NULL",
        schema=Literal(source.schema or "").as_string(),
    )
    with visit(source) as session:
        return [frozenset(found) for (found,) in session.rows(query)]


class Detecting:
    """A reader of a source whose engine shows at its first reading. That it is a table of the team's own is a guess
    until such a reading has succeeded: a database may be looked at before its engine has made its tables.

    `recognised` makes the reader; `unread` says what jobs of the source the engine of this name leaves unread.
    """

    def __init__(
        self,
        source: Source,
        recognised: Callable[[Source], Reader],
        unread: Callable[[Source, str], tuple[str, ...]],
    ) -> None:
        self._source = source
        self._recognised = recognised
        self._unread = unread
        self._reader: Reader | None = None
        self._sure = False
        self._notices: tuple[str, ...] = ()

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
        with self._guess() as reader:
            notices = Facts(notices=self._notices)
            for part in reader.read(request):
                yield part if part.facts is None else replace(part, facts=part.facts.merged(notices))
                notices = Facts()

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """What `read` sends. Raises SourceError."""
        with self._guess() as reader:
            return reader.statements(request, explain=explain)

    def stop(self) -> None:
        """End a reading under way; looking for the engine has a time limit of its own."""
        if (reader := self._reader) is not None:
            reader.stop()

    def close(self) -> None:
        """Give the connection back."""
        if (reader := self._reader) is not None:
            reader.close()

    @contextmanager
    def _guess(self) -> Iterator[Reader]:
        """The reader, to be looked for anew if it was guessed and the block fails."""
        reader = self._found()
        try:
            yield reader
        except SourceError:
            if not self._sure:
                self._reader = None
                reader.close()
            raise
        if not self._sure:
            self._sure = True
            log.info("source=%s keeps its jobs with engine %s", self._source.name, reader.engine)

    def _found(self) -> Reader:
        if self._reader is None:
            reader = self._recognised(self._source)
            self._notices = self._unread(self._source, reader.engine)
            self._reader = reader
        return self._reader
