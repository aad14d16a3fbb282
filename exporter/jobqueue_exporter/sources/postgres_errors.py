"""What Postgres' errors mean to us, in words that name the way out."""

from __future__ import annotations

import psycopg
from psycopg import errors as pg

from jobqueue_exporter.errors import Refused, SourceError, TimedOut, Unreachable

# Connection lost, no resources, shut down, broken disk. An error without a code is of the connection itself.
_LOST = ("08", "53", "57", "58")


def explained(error: psycopg.Error) -> SourceError:
    """Our error for one of the driver's. Only the server's own message is used, never its details,
    which may hold values of rows."""
    said = first_line(error)
    match error:
        case pg.QueryCanceled():
            return TimedOut(said)
        case pg.LockNotAvailable():
            return Refused(f"{said}: the table is locked, as by ALTER TABLE or LOCK")
        case pg.InsufficientPrivilege():
            return Refused(f"{said}: grant it; `jobqueue doctor` prints the statement")
        case pg.UndefinedTable() | pg.UndefinedColumn() | pg.InvalidSchemaName():
            return Refused(f"{said}: was it renamed or dropped? `jobqueue doctor` shows what is there")
        case psycopg.OperationalError() if (error.sqlstate or _LOST[0])[:2] in _LOST:
            return Unreachable(said)
        case _:
            return Refused(said)


def first_line(error: psycopg.Error) -> str:
    """The server's message without its location, or the first line of the driver's."""
    return error.diag.message_primary or str(error).strip().partition("\n")[0] or type(error).__name__
