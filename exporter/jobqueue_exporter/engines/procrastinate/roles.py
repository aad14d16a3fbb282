"""The least that a role needs to read procrastinate's tables, as SQL for an administrator to run."""

from __future__ import annotations

import time

from psycopg.sql import Identifier, Literal

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines import grants
from jobqueue_exporter.engines.procrastinate.namespace import JOBS, namespace
from jobqueue_exporter.engines.procrastinate.schema import NEEDED
from jobqueue_exporter.sources.postgres import Postgres, Session

# What jobs carry, `args` and `queueing_lock`, is nothing to us.
_USED = {**NEEDED, JOBS: (*NEEDED[JOBS], "priority", "lock", "worker_id")}
_TABLE = """
SELECT c.relrowsecurity, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = to_regclass({name})
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
    schema = namespace(session, source.schema)
    found: list[grants.Table] = []
    for name, used in _USED.items():
        table = Literal(Identifier(schema, name).as_string()).as_string()
        for secured, columns in session.rows(_TABLE.format(name=table)):
            found.append(grants.Table(schema, name, secured, [column for column in columns if column in used]))
    return grants.statements(str(session.rows("SELECT current_database()")[0][0]), found)
