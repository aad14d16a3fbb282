"""The least that a role needs to change jobs of procrastinate, as SQL for an administrator to run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.procrastinate.namespace import EVENTS, JOBS, WORKERS, namespace
from jobqueue_exporter.engines.sql import grants
from jobqueue_exporter.engines.sql.visit import visit
from jobqueue_exporter.engines.sql.writers import CONNECTION_LIMIT, ROLE
from jobqueue_exporter.sources.postgres import Session

PERIODIC = "procrastinate_periodic_defers"
_NAME = Identifier(ROLE).as_string()
# Jobs are read whole, since one that is deleted is written to a file before. Functions and triggers of the engine run
# with the rights of who calls them: they write the events, and unlink a job that is deleted from its schedule.
_RIGHTS = {
    JOBS: {
        "SELECT": "",
        "UPDATE": " (status, attempts, scheduled_at, priority, queue_name, lock)",
        "DELETE": "",
    },
    EVENTS: {"SELECT": "", "INSERT": " (job_id, type, at)"},
    WORKERS: {"SELECT": ""},
    PERIODIC: {"SELECT": " (job_id)", "UPDATE": " (job_id)"},
}
_RULES = {
    "SELECT": "USING (true)",
    "INSERT": "WITH CHECK (true)",
    "UPDATE": "USING (true) WITH CHECK (true)",
    "DELETE": "USING (true)",
}
_CALLED = ("procrastinate_retry_job_v1", "procrastinate_retry_job_v2", "procrastinate_cancel_job_v1")
_STANDING = """
SELECT current_database(), EXISTS (SELECT FROM pg_roles WHERE rolname = {role}),
       ARRAY(SELECT format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
             FROM pg_proc p WHERE p.pronamespace = n.oid AND p.proname IN ({called}) ORDER BY 1),
       ARRAY(SELECT format('%I.%I', n.nspname, s.relname)
             FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
             JOIN pg_class c ON c.oid = d.refobjid
             WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
               AND c.relnamespace = n.oid AND c.relname = {events})
FROM pg_namespace n WHERE n.nspname = {schema}
"""
_TABLES = """
SELECT c.relname::text, c.relrowsecurity, ARRAY(SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {schema} AND c.relkind IN ('r', 'p')
"""


@dataclass(frozen=True, slots=True)
class _Table:
    sql: str
    secured: bool
    policies: frozenset[str]


def writer(source: Source) -> tuple[str, ...]:
    """Statements that make the role, and let it do what we offer and no more. Raises SourceError."""
    with visit(source) as session:
        return tuple(_statements(session, namespace(session, source.schema)))


def _statements(session: Session, schema: str) -> Iterator[str]:
    tables = _tables(session, schema)
    database, exists, functions, sequences = session.rows(
        _STANDING.format(
            role=Literal(ROLE).as_string(),
            schema=Literal(schema).as_string(),
            events=Literal(EVENTS).as_string(),
            called=", ".join(Literal(name).as_string() for name in _CALLED),
        )
    )[0]
    if not exists:
        yield f"CREATE ROLE {_NAME} LOGIN PASSWORD 'choose-one' CONNECTION LIMIT {CONNECTION_LIMIT};"
    yield f"GRANT CONNECT ON DATABASE {Identifier(database).as_string()} TO {_NAME};"
    yield grants.usage(schema, ROLE)
    for name, rights in _RIGHTS.items():
        if table := tables.get(name):
            listed = ", ".join(f"{right}{columns}" for right, columns in rights.items())
            yield f"GRANT {listed} ON {table.sql} TO {_NAME};"
            yield from (_policy(table, right) for right in rights if _needs(table, right))
    yield from (f"GRANT USAGE ON SEQUENCE {sequence} TO {_NAME};" for sequence in sequences)
    yield from (f"GRANT EXECUTE ON FUNCTION {function} TO {_NAME};" for function in functions)


def _tables(session: Session, schema: str) -> dict[str, _Table]:
    rows = session.rows(_TABLES.format(schema=Literal(schema).as_string()))
    return {
        name: _Table(Identifier(schema, name).as_string(), secured, frozenset(policies))
        for name, secured, policies in rows
    }


def _needs(table: _Table, right: str) -> bool:
    """Whether row-level security keeps rows from the role for this."""
    return table.secured and _policy_name(right) not in table.policies


def _policy(table: _Table, right: str) -> str:
    name = Identifier(_policy_name(right)).as_string()
    return f"CREATE POLICY {name} ON {table.sql} FOR {right} TO {_NAME} {_RULES[right]};"


def _policy_name(right: str) -> str:
    return f"{ROLE}_{right.lower()}s_all"
