"""What the catalog says of a table: columns, indexes, and whether we may see all its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.engines.sql import missing
from jobqueue_exporter.sources.postgres import Session

_TIMES = {"timestamptz", "timestamp"}
_NUMBERS = {"int2", "int4", "int8", "numeric", "float4", "float8"}
_TEXTS = {"text", "varchar", "bpchar", "name", "citext"}


class Type(StrEnum):
    """What a column can be used for."""

    TIME = "time"
    NUMBER = "number"
    TEXT = "text"
    ENUM = "enum"
    JSON = "json"
    ARRAY = "array"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that we may read; `labels` are the values of an enum, `alias` that of its table in a join,
    `declared` its type in SQL."""

    name: str
    type: Type
    not_null: bool
    labels: tuple[str, ...] = ()
    alias: str = ""
    declared: str = "text"

    @property
    def cast(self) -> str:
        """Its type as a cast wants it: without a length, `character` would mean one letter."""
        return "bpchar" if self.declared == "character" else self.declared

    @property
    def sql(self) -> str:
        """Its quoted name."""
        return Identifier(*filter(None, (self.alias, self.name))).as_string()

    @property
    def moment(self) -> str:
        """The column as a timestamp. A number is an epoch, in the unit that puts it nearest to our time;
        one that is no moment at all is infinite, since a conversion that fails would end the reading."""
        if self.type is not Type.NUMBER:
            return self.sql
        return (
            f"CASE WHEN {self.sql} >= 1e20 THEN timestamptz 'infinity'\n"
            f"     WHEN {self.sql} <= -1e11 THEN timestamptz '-infinity' ELSE to_timestamp({self.sql} /\n"
            f"     CASE WHEN {self.sql} < 1e11 THEN 1.0 WHEN {self.sql} < 1e14 THEN 1e3\n"
            f"          WHEN {self.sql} < 1e17 THEN 1e6 ELSE 1e9 END) END"
        )

    @property
    def finite(self) -> str:
        """The same, NULL where it is infinite: such a time dates nothing."""
        return f"CASE WHEN isfinite({self.moment}) THEN {self.moment} END"

    def is_one_of(self, words: Iterable[str]) -> str:
        """The condition that it holds one of these words, as an index can serve it. An enum is asked only
        for what it can hold; anything else is an error to it."""
        listed = [Literal(word).as_string() for word in words if not self.labels or word in self.labels]
        return f"{self.sql} IN ({', '.join(listed)})" if listed else "false"


@dataclass(frozen=True, slots=True)
class Index:
    """A valid index: key columns in order, included ones, and its predicate ("" when whole)."""

    name: str
    keys: tuple[str, ...]
    included: tuple[str, ...]
    predicate: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view as the current role sees it. `denied` names columns that it may not read, `oids` are
    its own and those of the tables that it stands on. `rows_estimate` is None where the database has none."""

    oids: tuple[int, ...]
    schema: str
    name: str
    columns: Mapping[str, Column]
    denied: tuple[str, ...]
    indexes: tuple[Index, ...]
    rows_estimate: int | None
    hidden: str
    relkind: str = "r"

    @property
    def sql(self) -> str:
        """Its quoted, qualified name."""
        return Identifier(self.schema, self.name).as_string()

    @property
    def label(self) -> str:
        """Its name for people."""
        return f"{self.schema}.{self.name}"

    def led_by(self, *columns: str) -> bool:
        """Whether an index that holds all their values starts with these columns, in this order."""
        whole = ("", f"({Identifier(columns[0]).as_string()} IS NOT NULL)", f"({columns[0]} IS NOT NULL)")
        return any(i.predicate in whole and i.keys[: len(columns)] == columns for i in self.indexes)


def interval(seconds: float) -> str:
    """A length of time in SQL."""
    return f"interval '{seconds:.3f} seconds'"


_RELATION = """
SELECT c.oid::bigint, n.nspname, c.relname, c.relkind::text,
       CASE WHEN c.relkind = 'p' THEN (SELECT CASE WHEN bool_and(l.reltuples >= 0) THEN sum(l.reltuples) END
                                       FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
                                       WHERE t.isleaf)
            WHEN c.relkind IN ('r', 'm') AND c.reltuples >= 0 THEN c.reltuples END::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass({name}) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""

_COLUMNS = """
SELECT a.attname, t.typname, t.typtype = 'e', a.attnotnull,
       has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       format_type(a.atttypid, NULL)
FROM pg_attribute a
JOIN pg_type d ON d.oid = a.atttypid
JOIN pg_type t ON t.oid = CASE WHEN d.typtype = 'd' THEN d.typbasetype ELSE d.oid END
WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""

# Only in a column's own order and collation can an index lead us from one value to the next.
_INDEXES = """
SELECT c.relname,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k),
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
             FROM generate_series(i.indnkeyatts + 1, i.indnatts) k),
       coalesce(pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
WHERE i.indrelid = {oid} AND i.indisvalid AND am.amname = 'btree' AND NOT EXISTS (
  SELECT FROM generate_series(0, i.indnkeyatts - 1) k
  JOIN pg_opclass o ON o.oid = i.indclass[k]
  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k]
  WHERE NOT o.opcdefault OR i.indcollation[k] <> a.attcollation)
ORDER BY c.relname
"""

# The relation and, through views, all that it stands on, each as the role as whom it is read, and whether
# it hides rows. A role sees
# all rows of a secured table by a permissive policy without a condition and no restrictive one that has one.
# A permissive policy without USING lets nothing be seen.
_HIDING = """
WITH RECURSIVE looked(relation, viewer) AS (
  SELECT {oid}::oid, u.oid FROM pg_roles u WHERE u.rolname = current_user
  UNION
  SELECT d.refobjid, CASE WHEN invoker THEN l.viewer ELSE v.relowner END
  FROM looked l
  JOIN pg_class v ON v.oid = l.relation AND v.relkind = 'v'
  JOIN pg_rewrite r ON r.ev_class = v.oid
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> v.oid
  CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(o.option_value::boolean), false) AS invoker
    FROM pg_options_to_table(v.reloptions) o WHERE o.option_name = 'security_invoker') o
)
SELECT c.oid::bigint, n.nspname || '.' || c.relname,
       c.relrowsecurity AND NOT u.rolsuper AND NOT u.rolbypassrls
       AND (c.relforcerowsecurity OR NOT pg_has_role(l.viewer, c.relowner, 'USAGE'))
       AND (p.lets IS NOT TRUE OR p.restricts IS TRUE)
FROM looked l
JOIN pg_class c ON c.oid = l.relation
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_roles u ON u.oid = l.viewer
CROSS JOIN LATERAL (
  SELECT bool_or(p.polpermissive AND pg_get_expr(p.polqual, p.polrelid) = 'true') AS lets,
         bool_or(NOT p.polpermissive AND pg_get_expr(p.polqual, p.polrelid) <> 'true') AS restricts
  FROM pg_policy p
  WHERE p.polrelid = c.oid AND p.polcmd IN ('r', '*') AND EXISTS (
    SELECT FROM unnest(p.polroles) AS role WHERE role = 0 OR pg_has_role(l.viewer, role, 'USAGE'))
) p
ORDER BY 2
"""

# What changes when one of them is altered, secured or indexed, or when our rights to it are. A renamed column
# is not in it: that shows itself, by an error.
_FINGERPRINT = """
SELECT coalesce(string_agg(concat_ws('/', c.oid, c.xmin, row_security_active(c.oid),
         (SELECT sum(p.xmin::text::bigint) FROM pg_policy p WHERE p.polrelid = c.oid),
         (SELECT count(*) FROM pg_policy p, unnest(p.polroles) role
          WHERE p.polrelid = c.oid AND role <> 0 AND pg_has_role(role, 'USAGE')),
         (SELECT sum(i.indexrelid::bigint) FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid){labels}
       ), ' ' ORDER BY c.oid), '')
FROM pg_class c WHERE c.oid IN ({oids})
"""
_LABELS = """,
         (SELECT sum(e.oid::bigint) FROM pg_attribute a JOIN pg_enum e ON e.enumtypid = a.atttypid
          WHERE a.attrelid = c.oid)"""


def describe(session: Session, name: str) -> Relation:
    """The relation of this name, quoted or qualified as in SQL.

    Raises:
        Refused: there is no such relation, or the role may read none of it.
    """
    found = session.rows(_RELATION.format(name=Literal(name).as_string()))
    if not found:
        raise missing.not_there(session, name)
    oid, schema, table, relkind, rows = found[0]
    columns, denied = _columns(session, oid)
    if not columns:
        raise missing.not_readable(session, schema, table)
    oids, hidden = _looked_through(session, oid)
    return Relation(oids, schema, table, columns, denied, _indexes(session, oid), rows, hidden, relkind)


def fingerprint(session: Session, relations: Sequence[Relation]) -> str:
    """A text that changes when one of these relations, or what we may see of it, does. Raises psycopg.Error."""
    oids = sorted({oid for relation in relations for oid in relation.oids})
    labelled = any(column.labels for relation in relations for column in relation.columns.values())
    query = _FINGERPRINT.format(oids=", ".join(map(str, oids)), labels=_LABELS if labelled else "")
    return str(session.rows(query)[0][0])


def hiding(session: Session, oid: int) -> frozenset[int]:
    """Of the relation and those that it stands on, which hide rows from the role. Raises psycopg.Error."""
    return frozenset(found for found, _, hides in session.rows(_HIDING.format(oid=oid)) if hides)


def _columns(session: Session, oid: int) -> tuple[dict[str, Column], tuple[str, ...]]:
    columns: dict[str, Column] = {}
    denied: list[str] = []
    for name, type_name, is_enum, not_null, readable, labels, declared in session.rows(_COLUMNS.format(oid=oid)):
        if readable:
            columns[name] = Column(name, _type(type_name, is_enum), not_null, tuple(labels), declared=declared)
        else:
            denied.append(name)
    return columns, tuple(denied)


def _type(name: str, is_enum: bool) -> Type:
    if is_enum:
        return Type.ENUM
    if name.startswith("_"):
        return Type.ARRAY
    by_name = {Type.TIME: _TIMES, Type.NUMBER: _NUMBERS, Type.TEXT: _TEXTS, Type.JSON: {"json", "jsonb"}}
    return next((kind for kind, names in by_name.items() if name in names), Type.OTHER)


def _indexes(session: Session, oid: int) -> tuple[Index, ...]:
    rows = session.rows(_INDEXES.format(oid=oid))
    return tuple(Index(name, _plain(keys), _plain(included), predicate) for name, keys, included, predicate in rows)


def _plain(names: list[str]) -> tuple[str, ...]:
    return tuple(name[1:-1].replace('""', '"') if name.startswith('"') else name for name in names)


def _looked_through(session: Session, oid: int) -> tuple[tuple[int, ...], str]:
    """The relation and those that it stands on, and why row-level security keeps rows from us, if it does."""
    looked = session.rows(_HIDING.format(oid=oid))
    tables = " and ".join(dict.fromkeys(name for _, name, hides in looked if hides))
    return tuple(dict.fromkeys(found for found, _, _ in looked)), tables and (
        f"row-level security on {tables} hides rows from this role, so counts would be wrong: "
        "add a policy FOR SELECT … USING (true) for it; `jobqueue doctor` prints it"
    )
