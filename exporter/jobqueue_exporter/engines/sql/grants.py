"""The least that a role of Postgres needs to read some tables, as SQL for an administrator to run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.sql.visit import visit
from jobqueue_exporter.sources.postgres import Session

ROLE = "jobqueue_exporter"
# An exporter holds one connection, and a second for a moment to cancel a query; two exporters and a person.
CONNECTION_LIMIT = 5


@dataclass(frozen=True, slots=True)
class Table:
    """A table, whether row-level security wants a policy for the role, and the columns of it that we read."""

    schema: str
    name: str
    secured: bool
    columns: Iterable[str]

    @property
    def sql(self) -> str:
        """Its quoted, qualified name."""
        return Identifier(self.schema, self.name).as_string()


def exists(session: Session) -> bool:
    """Whether the role is there already. Raises psycopg.Error."""
    return bool(session.rows(f"SELECT FROM pg_roles WHERE rolname = {Literal(ROLE).as_string()}"))


def statements(database: str, tables: Iterable[Table], *, exists: bool = False) -> tuple[str, ...]:
    """Statements that make the role, unless it `exists`, and let it see these columns and no more."""
    found = tuple(tables)
    role = Identifier(ROLE).as_string()
    create = f"CREATE ROLE {role} LOGIN PASSWORD 'choose-one' CONNECTION LIMIT {CONNECTION_LIMIT};"
    return (
        *(() if exists else (create,)),
        f"ALTER ROLE {role} SET default_transaction_read_only = on;",
        f"GRANT CONNECT ON DATABASE {Identifier(database).as_string()} TO {role};",
        *(usage(schema, ROLE) for schema in dict.fromkeys(table.schema for table in found)),
        *(line for table in found for line in _of(table)),
    )


def in_session(session: Session, tables: Iterable[Table]) -> tuple[str, ...]:
    """The same for the database of a session, where the role may be there already. Raises psycopg.Error."""
    database = str(session.rows("SELECT current_database()")[0][0])
    return statements(database, tables, exists=exists(session))


def role(source: Source, tables: Callable[[Session, Source], Iterable[Table]]) -> tuple[str, ...]:
    """The same on a connection of its own, for the `tables` that an engine reads. Raises SourceError."""
    with visit(source) as session:
        return in_session(session, tables(session, source))


def usage(schema: str, role: str) -> str:
    """The statement that lets a role look into a schema."""
    return f"GRANT USAGE ON SCHEMA {Identifier(schema).as_string()} TO {Identifier(role).as_string()};"


def select(table: Table, columns: Sequence[str], role: str) -> Iterator[str]:
    """The statement that lets a role read these columns; nothing where there are none."""
    listed = ", ".join(Identifier(column).as_string() for column in columns)
    if listed:
        yield f"GRANT SELECT ({listed}) ON {table.sql} TO {Identifier(role).as_string()};"


def policy(table: Table, role: str) -> Iterator[str]:
    """The statement that lets a role see every row under row-level security."""
    name = Identifier(policy_name(role)).as_string()
    yield f"CREATE POLICY {name} ON {table.sql} FOR SELECT TO {Identifier(role).as_string()} USING (true);"


def policy_name(role: str) -> str:
    """The name of that policy."""
    return f"{role}_reads_all"


def _of(table: Table) -> Iterator[str]:
    yield from select(table, list(table.columns), ROLE)
    if table.secured:
        yield from policy(table, ROLE)
