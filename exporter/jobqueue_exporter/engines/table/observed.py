"""Which values a state column holds, found without reading the table."""

from __future__ import annotations

from psycopg.sql import Literal

from jobqueue_exporter.engines.sql.relation import Column, Relation
from jobqueue_exporter.sources.postgres import Session

MOST_VALUES = 100
SMALL_ROWS = 10_000

# One index probe for each distinct value, however many rows there are.
_BY_INDEX = """
WITH RECURSIVE value(v) AS (
  (SELECT {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 1)
  UNION ALL
  SELECT (SELECT {column} FROM {table} WHERE {column} > value.v ORDER BY 1 LIMIT 1)
  FROM value WHERE value.v IS NOT NULL
)
SELECT v::text FROM value WHERE v IS NOT NULL LIMIT {most}
"""

_BY_STATISTICS = """
SELECT unnest(most_common_vals::text::text[]) FROM pg_stats
WHERE schemaname = {schema} AND tablename = {name} AND attname = {column}
"""

_BY_READING = """
SELECT DISTINCT v::text FROM (SELECT {column} AS v FROM {table} LIMIT {rows}) AS sample WHERE v IS NOT NULL
"""


def complete(relation: Relation, column: Column, found: tuple[str, ...]) -> bool:
    """Whether `values` has found every value: the type lists them, or an index led to each."""
    return bool(column.labels) or (relation.led_by(column.name) and len(found) < MOST_VALUES)


def values(session: Session, relation: Relation, column: Column) -> tuple[str, ...]:
    """The values of a state column, from its type, an index, or statistics and the first rows.

    All of them where `complete`, else the common ones.
    """
    if column.labels:
        return column.labels
    if relation.led_by(column.name):
        query = _BY_INDEX.format(column=column.sql, table=relation.sql, most=MOST_VALUES)
        return _texts(session, query)
    statistics = _BY_STATISTICS.format(
        schema=Literal(relation.schema).as_string(),
        name=Literal(relation.name).as_string(),
        column=Literal(column.name).as_string(),
    )
    sample = _BY_READING.format(column=column.sql, table=relation.sql, rows=SMALL_ROWS)
    return tuple(dict.fromkeys(_texts(session, statistics) + _texts(session, sample)))[:MOST_VALUES]


def _texts(session: Session, query: str) -> tuple[str, ...]:
    return tuple(row[0] for row in session.rows(query))
