"""A connection to one Postgres for commands that change jobs, with a time limit on all it does."""

from __future__ import annotations

import psycopg
from psycopg import errors as pg

from jobqueue_exporter.dsn import Dsn
from jobqueue_exporter.errors import InDoubt, Refused, SourceError
from jobqueue_exporter.sources.postgres import Postgres, Row, local_settings, statement_limit
from jobqueue_exporter.sources.postgres_errors import first_line
from jobqueue_exporter.sources.postgres_text import encoding

# Longer than for a reading: a person waits for it, and a worker holds a job's row for a moment only.
LOCK_TIMEOUT_SECONDS = 2.0


class PostgresWrites(Postgres):
    """A source of Sessions that may write: each is one transaction, committed when its block ends without error.

    Raises InDoubt when the connection breaks, or the person interrupts us, while it is being committed.
    """

    def _start(self, connection: psycopg.Connection[Row], deadline: float) -> None:
        connection.execute(opening(deadline, self._dsn, encoding(connection)).encode())

    def _commit(self, connection: psycopg.Connection[Row]) -> None:
        try:
            said = connection.execute(b"COMMIT").statusmessage
        except KeyboardInterrupt as interrupt:
            raise InDoubt(f"{self._dsn.public()}: interrupted while the change was being committed") from interrupt
        except psycopg.Error as error:
            if not connection.closed:
                raise
            why = self._masked(first_line(error))
            raise InDoubt(f"{self._dsn.public()}: {why}, while the change was being committed") from error
        if said != "COMMIT":
            # What a server answers when the transaction had failed before.
            raise Refused(f"{self._dsn.public()}: the change was rolled back")

    def _explained(self, error: psycopg.Error) -> SourceError:
        if isinstance(error, pg.InsufficientPrivilege) and not self._stopped.is_set():
            said = self._masked(first_line(error))
            return Refused(f"{self._dsn.public()}: {said}: `jobqueue sql writer` prints a role that may")
        return super()._explained(error)


def opening(deadline: float, dsn: Dsn, encoding: str) -> str:
    """Starts the transaction and sets its guards, for this transaction alone. It may write also where the role's
    transactions read only unless they say otherwise."""
    begin = f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {statement_limit(deadline)}"
    return f"{begin}; {local_settings(dsn, encoding, LOCK_TIMEOUT_SECONDS, {})}"
