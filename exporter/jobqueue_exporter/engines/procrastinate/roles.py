"""The least that a role needs to read procrastinate's tables, as SQL for an administrator to run."""

from __future__ import annotations

import time

from psycopg.sql import Literal

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.procrastinate.namespace import JOBS, namespace
from jobqueue_exporter.engines.procrastinate.schema import NEEDED
from jobqueue_exporter.engines.sql import grants
from jobqueue_exporter.sources.postgres import Postgres, Session

# What jobs carry, `args` and `queueing_lock`, is nothing to us.
_USED = {**NEEDED, JOBS: (*NEEDED[JOBS], "priority", "lock", "worker_id")}
_TABLE = """
SELECT c.relrowsecurity, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = {schema} AND c.relname = {name}
GROUP BY 1
"""


def role(source: Source) -> tuple[str, ...]:
    """Statements that make the role and let it see what we read and no more. Raises SourceError."""
    database = Postgres(dsn.parse(source.dsn), connect_timeout=source.timeout)
    try:
        with database.session(time.monotonic() + source.timeout) as session:
            return statements(session, source)
    finally:
        database.close()


def statements(session: Session, source: Source) -> tuple[str, ...]:
    """The same in a session. Raises Refused and psycopg.Error."""
    database = str(session.rows("SELECT current_database()")[0][0])
    return grants.statements(database, tables(session, source), exists=grants.exists(session))


def tables(session: Session, source: Source) -> list[grants.Table]:
    """The tables that we read, and what of them. Raises Refused and psycopg.Error."""
    schema = namespace(session, source.schema)
    found: list[grants.Table] = []
    for name, used in _USED.items():
        query = _TABLE.format(schema=Literal(schema).as_string(), name=Literal(name).as_string())
        for secured, columns in session.rows(query):
            found.append(grants.Table(schema, name, secured, [column for column in columns if column in used]))
    return found
