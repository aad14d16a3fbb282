"""The least that a role needs to read procrastinate's tables, as SQL for an administrator to run."""

from __future__ import annotations

from psycopg.sql import Literal

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.procrastinate.namespace import JOBS, namespace
from jobqueue_exporter.engines.procrastinate.schema import NEEDED
from jobqueue_exporter.engines.sql import grants
from jobqueue_exporter.sources.postgres import Session

# What jobs carry, `args` and `queueing_lock`, is nothing to us.
_USED = {**NEEDED, JOBS: (*NEEDED[JOBS], "priority", "lock", "worker_id")}
_TABLE = """
SELECT c.relrowsecurity, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = {schema} AND c.relname = {name}
GROUP BY 1
"""


def tables(session: Session, source: Source) -> list[grants.Table]:
    """The tables that we read, and what of them. Raises Refused and psycopg.Error."""
    schema = namespace(session, source.schema)
    found: list[grants.Table] = []
    for name, used in _USED.items():
        query = _TABLE.format(schema=Literal(schema).as_string(), name=Literal(name).as_string())
        for secured, columns in session.rows(query):
            found.append(grants.Table(schema, name, secured, [column for column in columns if column in used]))
    return found
