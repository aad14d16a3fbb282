"""A connection to one Postgres for commands that change jobs, with a time limit on all it does."""

from __future__ import annotations

import psycopg

from jobqueue_exporter.dsn import Dsn
from jobqueue_exporter.sources.postgres import Postgres, Row, local_settings, statement_limit
from jobqueue_exporter.sources.postgres_text import encoding

# Longer than for a reading: a person waits for it, and a worker holds a job's row for a moment only.
LOCK_TIMEOUT_SECONDS = 2.0


class PostgresWrites(Postgres):
    """A source of Sessions that may write: each is one transaction, committed when its block ends without error."""

    def _start(self, connection: psycopg.Connection[Row], deadline: float) -> None:
        connection.execute(opening(deadline, self._dsn, encoding(connection)).encode())


def opening(deadline: float, dsn: Dsn, encoding: str) -> str:
    """Starts the transaction and sets its guards, for this transaction alone. It may write also where the role's
    transactions read only unless they say otherwise."""
    begin = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {statement_limit(deadline)}"
    return f"{begin}; {local_settings(dsn, encoding, LOCK_TIMEOUT_SECONDS, {})}"
