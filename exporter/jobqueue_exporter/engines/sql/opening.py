"""What is sent before the queries of a reading, so that it can do no harm."""

from __future__ import annotations

import time

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.sources import postgres

# Nothing is asked of the database here; one that knows no encoding is spoken to as SQL_ASCII.
_ENCODING = "UTF8"


def opening(source: Source) -> str:
    """How a reading begins that has all of its time left."""
    return f"{postgres.guards(time.monotonic() + source.timeout, dsn.parse(source.dsn), _ENCODING)};"
