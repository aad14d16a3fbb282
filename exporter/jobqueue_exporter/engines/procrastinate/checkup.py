"""What `jobqueue doctor` asks of procrastinate's tables, beside what it asks of any source."""

from __future__ import annotations

import time
from collections.abc import Iterator

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines import checkups
from jobqueue_exporter.engines.procrastinate import failed, roles, schema
from jobqueue_exporter.engines.procrastinate.reader import ProcrastinateReader
from jobqueue_exporter.engines.protocol import Finding, Status
from jobqueue_exporter.engines.sql import standing
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.sources.postgres import Postgres, Session


def checkup(source: Source) -> Iterator[Finding]:
    """Findings as they are made; the first that fails may be the last."""
    reader = ProcrastinateReader(source)
    database = Postgres(dsn.parse(source.dsn), connect_timeout=source.timeout)
    try:
        yield from checkups.by_reading(source, reader)
        with database.session(time.monotonic() + source.timeout) as session:
            yield from _index(session, source)
    except SourceError as error:
        yield checkups.failed(source, error)
    finally:
        reader.close()
    yield from standing.findings(database, source, roles.tables)
    database.close()


def _index(session: Session, source: Source) -> Iterator[Finding]:
    found = schema.read(session, source.schema)
    if not found.indexes_failed:
        grave = Status.INFO if found.small else Status.WARNING
        why = "it is still small enough to be read whole" if found.small else "so dead letters are not told"
        yield Finding(
            grave,
            "index",
            f"no index of {found.jobs.label} finds failed jobs: {why}; this one does, and costs finished jobs nothing",
            failed.index(found),
        )
