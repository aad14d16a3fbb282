"""What the catalog says of a table: columns, indexes, and whether we may see all its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

_TIMES = {"timestamptz", "timestamp", "date"}
_NUMBERS = {"int2", "int4", "int8", "numeric", "float4", "float8"}
_TEXTS = {"text", "varchar", "bpchar", "name", "citext"}


class Type(StrEnum):
    """What a column can be used for."""

    TIME = "time"
    NUMBER = "number"
    TEXT = "text"
    ENUM = "enum"
    JSON = "json"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that we may read; `labels` are the values of an enum, `alias` that of its table in a join."""

    name: str
    type: Type
    not_null: bool
    labels: tuple[str, ...] = ()
    alias: str = ""

    @property
    def sql(self) -> str:
        """Its quoted name."""
        return Identifier(*filter(None, (self.alias, self.name))).as_string()


@dataclass(frozen=True, slots=True)
class Index:
    """A valid index: key columns in order, included ones, and its predicate ("" when whole)."""

    name: str
    keys: tuple[str, ...]
    included: tuple[str, ...]
    predicate: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view as the current role sees it. `denied` names columns that it may not read."""

    schema: str
    name: str
    columns: Mapping[str, Column]
    denied: tuple[str, ...]
    indexes: tuple[Index, ...]
    rows_estimate: int
    hidden: str

    @property
    def sql(self) -> str:
        """Its quoted, qualified name."""
        return Identifier(self.schema, self.name).as_string()

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"{self.schema}.{self.name}"

    def led_by(self, *columns: str) -> bool:
        """Whether a whole index starts with these columns, in this order."""
        return any(not i.predicate and i.keys[: len(columns)] == columns for i in self.indexes)


_RELATION = """
SELECT c.oid::bigint, n.nspname, c.relname, c.reltuples::bigint,
       has_schema_privilege(n.oid, 'USAGE'), row_security_active(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass({name}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""

_COLUMNS = """
SELECT a.attname, t.typname, t.typtype = 'e', a.attnotnull,
       has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder)
FROM pg_attribute a
JOIN pg_type d ON d.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

_INDEXES = """
SELECT c.relname,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k),
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
             FROM generate_series(i.indnkeyatts + 1, i.indnatts) k),
       coalesce(pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
WHERE i.indrelid = {oid} AND i.indisvalid AND am.amname = 'btree'
ORDER BY c.relname
"""

# Sees all: a permissive policy for us without a condition, and no restrictive one that has a condition.
_SEES_ALL = """
SELECT coalesce(bool_or(p.polpermissive AND p.condition = 'true'), false)
       AND NOT coalesce(bool_or(NOT p.polpermissive AND p.condition <> 'true'), false)
FROM (
  SELECT polpermissive, coalesce(pg_get_expr(polqual, polrelid), 'true') AS condition
  FROM pg_policy
  WHERE polrelid = {oid} AND polcmd IN ('r', '*')
    AND (polroles = '{{0}}' OR EXISTS (
      SELECT FROM unnest(polroles) AS role WHERE role <> 0 AND pg_has_role(role, 'USAGE')))
) p
"""


def describe(session: Session, name: str) -> Relation:
    """The relation of this name, quoted or qualified as in SQL.

    Raises:
        Refused: there is no such relation, or the role may read none of it.
    """
    found = session.rows(_RELATION.format(name=Literal(name).as_string()))
    if not found:
        raise Refused(f"there is no table {name} (or it is in another schema: write it as schema.table)")
    oid, schema, table, rows, usable, secured = found[0]
    columns, denied = _columns(session, oid)
    if not usable or not columns:
        grant = (
            f"GRANT USAGE ON SCHEMA {Identifier(schema).as_string()}"
            if not usable
            else (f"GRANT SELECT ON {Identifier(schema, table).as_string()}")
        )
        raise Refused(f"permission denied for table {table}: run `{grant} TO …`, see `jobqueue doctor`")
    return Relation(
        schema,
        table,
        columns,
        denied,
        _indexes(session, oid),
        max(rows, 0),
        _hidden(session, oid, f"{schema}.{table}") if secured else "",
    )


def _columns(session: Session, oid: int) -> tuple[dict[str, Column], tuple[str, ...]]:
    columns: dict[str, Column] = {}
    denied: list[str] = []
    for name, type_name, is_enum, not_null, readable, labels in session.rows(_COLUMNS.format(oid=oid)):
        if readable:
            columns[name] = Column(name, _type(type_name, is_enum), not_null, tuple(labels))
        else:
            denied.append(name)
    return columns, tuple(denied)


def _type(name: str, is_enum: bool) -> Type:
    if is_enum:
        return Type.ENUM
    by_name = {Type.TIME: _TIMES, Type.NUMBER: _NUMBERS, Type.TEXT: _TEXTS, Type.JSON: {"json", "jsonb"}}
    return next((kind for kind, names in by_name.items() if name in names), Type.OTHER)


def _indexes(session: Session, oid: int) -> tuple[Index, ...]:
    rows = session.rows(_INDEXES.format(oid=oid))
    return tuple(Index(name, _plain(keys), _plain(included), predicate) for name, keys, included, predicate in rows)


def _plain(names: list[str]) -> tuple[str, ...]:
    return tuple(name[1:-1].replace('""', '"') if name.startswith('"') else name for name in names)


def _hidden(session: Session, oid: int, label: str) -> str:
    """Why row-level security keeps rows from us; "" when a policy lets us see all."""
    if session.rows(_SEES_ALL.format(oid=oid))[0][0]:
        return ""
    return (
        f"row-level security on {label} hides rows from this role, so counts would be wrong: "
        "add a policy FOR SELECT … USING (true) for it; `jobqueue doctor` prints it"
    )
