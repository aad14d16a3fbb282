"""Database time, as Postgres itself counts it for each role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track_planning": "on",
    "max_wal_size": "4GB",
}

_SPENT = """
SELECT coalesce(sum(total_exec_time + total_plan_time), 0)::float8, coalesce(sum(calls), 0)::int
FROM pg_stat_statements WHERE userid = to_regrole(%s) AND query ILIKE %s
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of planning and running, and how many statements took them."""

    milliseconds: float
    calls: int


class Ruler:
    """Reads pg_stat_statements by a connection of its own, as a superuser."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")

    def spent(self, role: str, *, about: str = "%") -> Spent:
        """What a role has spent so far, on statements that are LIKE `about`."""
        row = self._connection.execute(_SPENT, (role, about)).fetchone()
        assert row is not None
        return Spent(*row)
