"""Statements for indexes that make a reading cheap, never on a column that heartbeats write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.engines.sql.relation import Relation
from jobqueue_exporter.engines.table import walk
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.words import COLUMN_NAMES

# Heartbeats write these, and an index on any of them would end HOT updates.
BEATEN = ("heartbeat_at", "updated_at")
_PARTITIONED = "p"
_INDEXED = ("r", _PARTITIONED)


def beaten(layout: Layout) -> frozenset[str]:
    """The columns that heartbeats write, whatever else they are taken for."""
    usual = {name for role in BEATEN for name in COLUMN_NAMES[role]}
    return frozenset(usual | {layout.columns[role].name for role in BEATEN if layout.has(role)})


def live(layout: Layout) -> str:
    """The statements for indexes that hold live rows only, and all that counting them needs; "" where the
    relation can have none.

    The short one is deduplicated, so that counting along it costs half; the long one dates the rows.
    """
    tried, where, name = _names(layout, "attempts"), _where(layout), layout.relation.name[:50]
    statements = (
        _create(layout, f"{name}_live_count", _counted(layout), where=where),
        _create(layout, f"{name}_live_due", _due(layout), included=tried, where=where),
    )
    return "\n".join(filter(None, statements))


def lives_curtailed(layout: Layout) -> bool:
    """Whether the table has the long one of `live` without columns that heartbeats write: no better can be had."""
    keys = tuple(_unbeaten(layout, _due(layout)))
    there = any(index.keys[: len(keys)] == keys for index in layout.relation.indexes)
    return there and not beaten(layout).isdisjoint(_due(layout))


def one(layout: Layout, role: str) -> str:
    """The statement for an index on the column of a role of the jobs table; "" where there can be none."""
    column = layout.columns[role].name
    return _create(layout, f"{layout.relation.name}_{column}"[:63], [column])


def plain(relation: Relation, column: str) -> str:
    """The statement for an index on a column of a table that no heartbeat writes; "" where there can be none."""
    return _statement(relation, f"{relation.name}_{column}"[:63], [column])


def locks(relation: Relation) -> bool:
    """Whether making an index keeps writers out: on all partitions at once it cannot be made concurrently."""
    return relation.relkind == _PARTITIONED


def _create(layout: Layout, name: str, columns: Sequence[str], *, included: Sequence[str] = (), where: str = "") -> str:
    kept = _unbeaten(layout, columns)
    return _statement(layout.relation, name, kept, included=_unbeaten(layout, included), where=where) if kept else ""


def _statement(
    relation: Relation, name: str, columns: Sequence[str], *, included: Sequence[str] = (), where: str = ""
) -> str:
    if relation.relkind not in _INDEXED:
        return ""
    how = "CREATE INDEX" if locks(relation) else "CREATE INDEX CONCURRENTLY"
    include = f" INCLUDE ({_listed(included)})" if included else ""
    return f"{how} {Identifier(name).as_string()} ON {relation.sql} ({_listed(columns)}){include}{where};"


def _unbeaten(layout: Layout, columns: Iterable[str]) -> list[str]:
    never = beaten(layout)
    return [column for column in dict.fromkeys(columns) if column not in never]


def _counted(layout: Layout) -> list[str]:
    return _names(layout, "state", *walk.LANE_ROLES)


def _due(layout: Layout) -> list[str]:
    return [*_counted(layout), *_names(layout, "run_at", "created_at")]


def _names(layout: Layout, *roles: str) -> list[str]:
    return [layout.columns[role].name for role in roles if layout.has(role)]


def _where(layout: Layout) -> str:
    """All but the finished rows: those whose states the table was seen to hold, else all that it may."""
    words = [word for meaning in ("finished", "discarded", "cancelled") for word in layout.states[meaning]]
    ended = [Literal(word).as_string() for word in [word for word in words if word in layout.observed] or words]
    return f" WHERE {layout.columns['state'].sql} NOT IN ({', '.join(ended)})" if ended else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(Identifier(name).as_string() for name in names)
