"""The least that a role needs to read a jobs table, as SQL for an administrator to run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import msgspec
from psycopg.sql import Identifier, Literal

from jobqueue_exporter import dsn
from jobqueue_exporter.config.types import Columns, Source
from jobqueue_exporter.engines.table import detect
from jobqueue_exporter.engines.table.words import COLUMN_NAMES
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Postgres, Session

ROLE = "jobqueue_exporter"
# An exporter holds one connection, and a second for a moment to cancel a query; two exporters and a person.
CONNECTION_LIMIT = 5

_TABLE = """
SELECT n.nspname, c.relname, c.relrowsecurity, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.oid = to_regclass({name})
GROUP BY 1, 2, 3
"""


def role(source: Source) -> tuple[str, ...]:
    """The same as `statements`, on a connection of its own. Raises SourceError."""
    database = Postgres(dsn.parse(source.dsn), connect_timeout=source.timeout)
    try:
        with database.session(time.monotonic() + source.timeout) as session:
            return statements(session, source)
    finally:
        database.close()


def statements(session: Session, source: Source) -> tuple[str, ...]:
    """Statements that make the role and let it see what we read and no more.

    Works for a role that may read nothing yet: only the catalog is looked at.

    Raises:
        Refused: there is no jobs table.
        psycopg.Error: the catalog could not be read.
    """
    found = _tables(session, source)
    database = session.rows("SELECT current_database()")[0][0]
    role = Identifier(ROLE).as_string()
    return (
        f"CREATE ROLE {role} LOGIN PASSWORD 'choose-one' CONNECTION LIMIT {CONNECTION_LIMIT};",
        f"ALTER ROLE {role} SET default_transaction_read_only = on;",
        f"GRANT CONNECT ON DATABASE {Identifier(database).as_string()} TO {role};",
        *(
            f"GRANT USAGE ON SCHEMA {Identifier(schema).as_string()} TO {role};"
            for schema in dict.fromkeys(schema for schema, *_ in found)
        ),
        *(line for schema, name, secured, columns in found for line in _grants(schema, name, secured, columns)),
    )


def _grants(schema: str, name: str, secured: bool, columns: Iterable[str]) -> Iterator[str]:
    role, table = Identifier(ROLE).as_string(), Identifier(schema, name).as_string()
    listed = ", ".join(Identifier(column).as_string() for column in columns)
    yield f"GRANT SELECT ({listed}) ON {table} TO {role};"
    if secured:
        policy = Identifier(f"{ROLE}_reads_all").as_string()
        yield f"CREATE POLICY {policy} ON {table} FOR SELECT TO {role} USING (true);"


def _tables(session: Session, source: Source) -> list[tuple[str, str, bool, list[str]]]:
    """(schema, name, row security, columns that we read) of every table of the source."""
    candidates = detect.tables(session)
    name = source.table or detect.jobs_table(candidates).sql
    schema, jobs, secured, columns = _described(session, name)
    usual = detect.companions(candidates, schema, name)
    tables = [(schema, jobs, secured, _read_columns(source.columns, columns))]
    wanted = (
        (source.events, usual.events),
        (source.heartbeats, usual.heartbeats),
        (source.dead_letters, usual.dead_letters),
    )
    for asked, found in wanted:
        companion = asked.table if asked else found
        if asked is not False and companion:
            tables.append(_described(session, companion))
    return [(schema, name, secured, _without_payloads(columns)) for schema, name, secured, columns in tables]


def _described(session: Session, name: str) -> tuple[str, str, bool, list[str]]:
    rows = session.rows(_TABLE.format(name=Literal(name).as_string()))
    if not rows:
        raise Refused(f"there is no table {name}")
    schema, table, secured, columns = rows[0]
    return schema, table, secured, columns


def _read_columns(configured: Columns, columns: list[str]) -> list[str]:
    usual = {name for names in COLUMN_NAMES.values() for name in names}
    named = {value for value in msgspec.structs.asdict(configured).values() if isinstance(value, str)}
    return [column for column in columns if column in usual | named]


def _without_payloads(columns: list[str]) -> list[str]:
    """What jobs carry is nothing to us."""
    return [column for column in columns if "payload" not in column and column not in ("data", "result")]
