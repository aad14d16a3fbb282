"""Whether the connected role may make a change, asked before any is made: a dry run tells it too."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg.sql import Literal

from jobqueue_exporter.engines.table.transition import Transition
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

_LACKS = """
SELECT current_user::text, has_table_privilege({oid}, 'DELETE'),
       ARRAY(SELECT name FROM unnest({columns}::text[]) AS name WHERE NOT has_column_privilege({oid}, name, 'UPDATE'))
"""
_STANDBY = "SELECT pg_is_in_recovery()"


def check(session: Session, wanted: Transition) -> None:
    """Raises Refused that names the right which is lacking, and psycopg.Error."""
    if session.rows(_STANDBY)[0][0]:
        raise Refused("this is a standby, which takes no changes: name its primary in write_dsn")
    columns = Literal(list(wanted.assignments)).as_string()
    query = _LACKS.format(oid=f"{wanted.relation.oids[0]}::oid", columns=columns)
    user, deletes, lacking = session.rows(query)[0]
    lacks = ", ".join(_lacks(wanted, deletes=deletes, lacking=lacking))
    if lacks:
        raise Refused(
            f"role {user} has no right to {lacks} on {wanted.relation.label}: "
            "`jobqueue sql writer` prints a role that has, for write_dsn"
        )


def _lacks(wanted: Transition, *, deletes: bool, lacking: list[str]) -> Iterator[str]:
    if not wanted.assignments and not deletes:
        yield "DELETE"
    if lacking:
        yield f"UPDATE ({', '.join(lacking)})"
