"""One look at a database, by a connection of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.sources.postgres import Postgres, Session


@contextmanager
def visit(source: Source) -> Iterator[Session]:
    """A Session that may last as long as a reading of the source. Raises SourceError."""
    database = Postgres(dsn.parse(source.dsn), connect_timeout=source.timeout)
    try:
        with database.session(time.monotonic() + source.timeout) as session:
            yield session
    finally:
        database.close()
