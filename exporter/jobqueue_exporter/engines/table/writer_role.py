"""The least that a role needs to change jobs of a table, as SQL for an administrator to run."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.config.types import DeadLetterTable, Events, Source
from jobqueue_exporter.engines.sql import grants
from jobqueue_exporter.engines.sql.grants import Table
from jobqueue_exporter.engines.sql.visit import visit
from jobqueue_exporter.engines.sql.writers import CONNECTION_LIMIT, ROLE
from jobqueue_exporter.engines.table import audit, grave_transitions, job_transitions, roles
from jobqueue_exporter.sources.postgres import Session

# A table's own numbers for its rows; identity columns need no right of their own.
_SEQUENCES = """
SELECT format('%I.%I', n.nspname, s.relname) FROM pg_depend d
JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_namespace n ON n.oid = s.relnamespace
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
  AND d.refobjid = (SELECT c.oid FROM pg_class c JOIN pg_namespace m ON m.oid = c.relnamespace
                    WHERE m.nspname = {schema} AND c.relname = {name})
ORDER BY 1
"""
_STANDING = """
SELECT current_database(), EXISTS (SELECT FROM pg_roles WHERE rolname = {role}),
       ARRAY(SELECT n.nspname || '.' || c.relname || ' ' || p.polcmd::text FROM pg_policy p
             JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE p.polname LIKE {named}),
       ARRAY(SELECT n.nspname || '.' || c.relname FROM pg_class c
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relrowsecurity)
"""


def writer(source: Source) -> tuple[str, ...]:
    """Statements that make the role, and let it read what we read and write what we write. Raises SourceError."""
    with visit(source) as session:
        return tuple(_Role(session, source).statements())


class _Role:
    """The role as one database needs it."""

    def __init__(self, session: Session, source: Source) -> None:
        self._session = session
        self._source = source
        self._name = Identifier(ROLE).as_string()
        query = _STANDING.format(role=Literal(ROLE).as_string(), named=Literal(f"{ROLE}\\_%").as_string())
        self._database, self._exists, policies, secured = session.rows(query)[0]
        self._policies, self._secured = frozenset(policies), frozenset(secured)

    def statements(self) -> Iterator[str]:
        """All of them. Raises Refused and psycopg.Error."""
        tables = roles.by_use(self._session, self._source)
        if not self._exists:
            yield f"CREATE ROLE {self._name} LOGIN PASSWORD 'choose-one' CONNECTION LIMIT {CONNECTION_LIMIT};"
        yield f"GRANT CONNECT ON DATABASE {Identifier(self._database).as_string()} TO {self._name};"
        for schema in dict.fromkeys(table.schema for table in tables.values()):
            yield grants.usage(schema, ROLE)
        for table in tables.values():
            yield from grants.select(table, list(table.columns), ROLE)
            yield from self._policy(table, "SELECT", "r")
        yield from self._changes(tables["jobs"], self._jobs_columns(tables["jobs"]))
        if "dead_letters" in tables:
            yield from self._changes(tables["dead_letters"], self._grave_columns(tables["dead_letters"]))
        if "events" in tables:
            yield from self._inserts(tables["events"])

    def _changes(self, table: Table, columns: list[str]) -> Iterator[str]:
        listed = ", ".join(Identifier(column).as_string() for column in columns)
        yield f"GRANT UPDATE ({listed}), DELETE ON {table.sql} TO {self._name};"
        yield from self._policy(table, "UPDATE", "w")
        yield from self._policy(table, "DELETE", "d")

    def _inserts(self, table: Table) -> Iterator[str]:
        words = self._source.events or Events(table=table.name)
        details = audit.details_column(self._session, table.schema, table.name)
        wanted = [words.job_id, words.stage, words.created_at, *([details.name] if details else ())]
        listed = ", ".join(Identifier(column).as_string() for column in wanted)
        yield f"GRANT INSERT ({listed}) ON {table.sql} TO {self._name};"
        query = _SEQUENCES.format(schema=Literal(table.schema).as_string(), name=Literal(table.name).as_string())
        for (sequence,) in self._session.rows(query):
            yield f"GRANT USAGE ON SEQUENCE {sequence} TO {self._name};"
        yield from self._policy(table, "INSERT", "a")

    def _policy(self, table: Table, command: str, letter: str) -> Iterator[str]:
        """The policy by which row-level security lets the role do this to every row."""
        called = f"{table.schema}.{table.name}"
        if called not in self._secured or f"{called} {letter}" in self._policies:
            return
        rule = " ".join(
            [*(["USING (true)"] if letter != "a" else []), *(["WITH CHECK (true)"] if letter in "wa" else [])]
        )
        name = Identifier(f"{ROLE}_{command.lower()}s_all").as_string()
        yield f"CREATE POLICY {name} ON {table.sql} FOR {command} TO {self._name} {rule};"

    def _jobs_columns(self, table: Table) -> list[str]:
        there = set(table.columns)
        found = (
            next((n for n in roles.names(self._source.columns, r) if n in there), "") for r in job_transitions.WRITTEN
        )
        return [name for name in found if name]

    def _grave_columns(self, table: Table) -> list[str]:
        words = self._source.dead_letters or DeadLetterTable(table=table.name)
        return [name for name in table.columns if name == words.status or name in grave_transitions.WRITTEN]
