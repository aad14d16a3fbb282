"""What the connected role of Postgres may do with some tables, held against what it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from psycopg.sql import Literal

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Finding, Status
from jobqueue_exporter.engines.sql import grants, relation
from jobqueue_exporter.engines.sql.grants import Table
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.sources.postgres import Postgres, Session

_ROLE = """
SELECT current_user::text, rolsuper OR rolbypassrls, current_database()::text
FROM pg_roles WHERE rolname = current_user
"""

_TABLE = """
SELECT c.oid::bigint, has_schema_privilege(n.oid, 'USAGE'),
       has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
       OR has_any_column_privilege(c.oid, 'INSERT, UPDATE'),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
               AND has_column_privilege(c.oid, a.attnum, 'SELECT'))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND c.relname = {name}
"""


@dataclass(frozen=True, slots=True)
class _Rights:
    """The role's rights to one table: those that it lacks, and whether it may change rows or read more."""

    lacks: tuple[str, ...]
    writes: bool
    reads_more: bool


def findings(
    database: Postgres, source: Source, tables: Callable[[Session, Source], Iterable[Table]]
) -> Iterator[Finding]:
    """What `finding` says, in a session of its own; nothing where the source cannot be asked."""
    try:
        with database.session(time.monotonic() + source.timeout) as session:
            found = finding(session, tables(session, source))
    except SourceError:
        return
    if found is not None:
        yield found


def finding(session: Session, tables: Iterable[Table]) -> Finding | None:
    """What to run so that an exporter sees these tables and no more: what the role lacks, or another role if it may
    do too much; None when it may do just what it needs. Raises psycopg.Error."""
    found = tuple(tables)
    user, mighty, database = session.rows(_ROLE)[0]
    rights = [_rights(session, table, user) for table in found]
    lacks = tuple(dict.fromkeys(line for each in rights for line in each.lacks))
    if lacks and not mighty and not any(each.writes for each in rights):
        text = f"role {user} may not read all that could be told; run this as the owner of the tables"
        return Finding(Status.INFO, "role", text, "\n".join(lacks))
    if not mighty and not any(each.writes or each.reads_more for each in rights):
        return None
    there = grants.exists(session)
    return Finding(
        Status.INFO,
        "role",
        f"role {user} may do more than is needed; this is the least that an exporter's role needs; run it as the owner "
        f"of the tables{f', and connect as {grants.ROLE}' if there else ', with a password of yours'}",
        "\n".join(grants.statements(database, found, exists=there)),
    )


def _rights(session: Session, table: Table, user: str) -> _Rights:
    query = _TABLE.format(schema=Literal(table.schema).as_string(), name=Literal(table.name).as_string())
    oid, usage, writes, readable = session.rows(query)[0]
    wanted = list(table.columns)
    lacks = [
        *([] if usage else [grants.usage(table.schema, user)]),
        *grants.select(table, [column for column in wanted if column not in readable], user),
        *(grants.policy(table, user) if oid in relation.hiding(session, oid) else ()),
    ]
    return _Rights(tuple(lacks), writes, bool(set(readable) - set(wanted)))
