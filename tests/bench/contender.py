"""Who is measured: the GROUP BYs that people write, and the product."""

from __future__ import annotations

import time
from typing import Any, Protocol

import psycopg

from jobqueue_exporter import engines
from jobqueue_exporter.config.types import EngineName, Source
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.secret import Secret

# What it takes to know, of each kind, how many jobs wait and for how long.
JOBS_AND_AGE = (
    "SELECT kind, state, count(*) AS count, extract(epoch FROM now() - min(created_at)) AS oldest\n"
    "FROM public.jobs GROUP BY kind, state"
)
JOBS_ONLY = "SELECT state, count(*) AS count FROM public.jobs GROUP BY state"
TIMEOUT_SECONDS = 120.0


class Contender(Protocol):
    """Something that reads a jobs table as a role of its own."""

    role: str

    def run(self) -> None:
        """Read once."""

    def close(self) -> None:
        """Give the connection back."""


class GroupBy:
    """One query, by a plain connection."""

    def __init__(self, role: str, dsn: str, query: str) -> None:
        self.role = role
        self._query = query.encode()
        self._connection: psycopg.Connection[Any] = psycopg.connect(dsn, autocommit=True)

    def run(self) -> None:
        """Read once."""
        self._connection.execute(self._query).fetchall()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


class Product:
    """The core reading of our own reader, whole: its transaction, its guards and all its statements."""

    def __init__(self, role: str, dsn: str) -> None:
        self.role = role
        self.source = source(dsn)
        self._reader = engines.reader(self.source)

    def run(self) -> None:
        """Read once. Raises SourceError."""
        request = Request(deadline=time.monotonic() + TIMEOUT_SECONDS, extras=frozenset())
        for part in self._reader.read(request):
            if part.error:
                raise SourceError(f"{part.collector}: {part.error}")

    def close(self) -> None:
        """Give the connection back."""
        self._reader.close()


def source(dsn: str) -> Source:
    """The configuration of a jobs table as a person would write it."""
    return Source(name="bench", dsn=Secret(dsn), engine=EngineName("table"), table="public.jobs")


def recommended(dsn: str) -> list[str]:
    """The indexes that `jobqueue doctor` recommends, as statements. Raises SourceError."""
    asked = source(dsn)
    found = [one.statement for one in engines.checkup(asked) if one.topic == "index"]
    return [one for text in found for one in map(str.strip, text.split(";")) if one.startswith("CREATE INDEX")]
