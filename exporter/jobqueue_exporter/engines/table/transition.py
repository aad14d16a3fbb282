"""One guarded change of many rows: those in the expected state, and not locked by others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import errors as pg
from psycopg.sql import Identifier

from jobqueue_exporter.engines.sql.relation import Column, Relation
from jobqueue_exporter.engines.table.named_jobs import Named
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session
from jobqueue_exporter.sources.postgres_errors import first_line

ALIAS = "job"


@dataclass(frozen=True, slots=True)
class Transition:
    """What to do to rows of a table: `assignments` in SQL by the name of the column, or deletion where there are none.
    Columns and the `condition` are those of the table under the name ALIAS."""

    relation: Relation
    id: Column
    state: Column
    condition: str
    assignments: Mapping[str, str]

    @property
    def joined(self) -> str:
        """The table beside the ids that are asked for, to be filled in."""
        return f"{self.relation.sql} AS {ALIAS} ON {self.id.sql} = asked.id"

    @property
    def word_then(self) -> str:
        """The state that a row will have, as text."""
        return f"({self.assignments.get(self.state.name, self.state.sql)})::text"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row that was in the expected state: `was` and `now` are its words. `why_not` where the table
    kept it from being changed."""

    id: str
    was: str
    now: str
    why_not: str = ""


def foreseen(session: Session, wanted: Transition, named: Named) -> dict[int, Outcome]:
    """What `run` would change, by the place of the id. Raises psycopg.Error."""
    rows = session.rows(
        f"SELECT asked.n, {wanted.id.sql}::text, {wanted.state.sql}::text, {wanted.word_then}\n"
        f"FROM {named.asked(wanted.id)} JOIN {wanted.joined}\nWHERE {wanted.condition}"
    )
    return {n: Outcome(found, was, now) for n, found, was, now in rows}


def run(session: Session, wanted: Transition, named: Named) -> dict[int, Outcome]:
    """Changes the rows of these ids that are in the expected state and not locked by others; what became of each,
    by the place of its id. Raises SourceError and psycopg.Error."""
    if not named.fit:
        return {}
    try:
        rows = session.contained(lambda: session.rows(_statement(wanted, named)))
    except Refused as error:
        if not isinstance(error.__cause__, psycopg.IntegrityError):
            raise
        if len(named.fit) > 1:
            # One row that may not be changed must not keep the others from it.
            middle = len(named.fit) // 2
            return run(session, wanted, named.only(named.fit[:middle])) | run(
                session, wanted, named.only(named.fit[middle:])
            )
        place = named.fit[0]
        was = foreseen(session, wanted, named).get(place, Outcome(named.ids[place], "", ""))
        return {place: Outcome(was.id, was.was, was.was, _why(error.__cause__))}
    return {n: _outcome(found, was, now, changed) for n, found, was, now, changed in rows}


def _statement(wanted: Transition, named: Named) -> str:
    """Locks what it can get, then changes what it holds. A change leaves keys alone, and so does not wait for others
    who merely refer to the row."""
    lock = "NO KEY UPDATE" if wanted.assignments else "UPDATE"
    table = f"{wanted.relation.sql} AS {ALIAS}"
    where = f"WHERE {wanted.id.sql} = held.id AND {wanted.condition}"
    if wanted.assignments:
        values = ", ".join(f"{Identifier(name).as_string()} = {value}" for name, value in wanted.assignments.items())
        change = f"UPDATE {table} SET {values} FROM held {where}"
    else:
        change = f"DELETE FROM {table} USING held {where}"
    return (
        f"WITH held AS (\n  SELECT asked.n, {wanted.id.sql} AS id, {wanted.state.sql}::text AS was\n"
        f"  FROM {named.asked(wanted.id)} JOIN {wanted.joined}\n"
        f"  WHERE {wanted.condition} FOR {lock} OF {ALIAS} SKIP LOCKED\n), changed AS (\n"
        f"  {change}\n  RETURNING held.n, {wanted.state.sql}::text AS now\n)\n"
        "SELECT held.n, held.id::text, held.was, changed.now, changed.n IS NOT NULL\n"
        "FROM held LEFT JOIN changed ON changed.n = held.n"
    )


def _outcome(found: str, was: str, now: str | None, changed: bool) -> Outcome:
    if changed:
        return Outcome(found, was, now or "")
    return Outcome(found, was, was, "the table itself kept it as it is, by a trigger, a rule or a policy: left alone")


def _why(error: psycopg.Error) -> str:
    """Why the table refused the change of one row, without any value of it."""
    name, table = error.diag.constraint_name or "", error.diag.table_name or ""
    match error:
        case pg.ForeignKeyViolation():
            return f"rows of {table} refer to it and forbid it (constraint {name}): left alone"
        case pg.UniqueViolation():
            return f"another row is in its place (unique constraint {name}): left alone"
        case _:
            return f"{table} refuses it ({name or first_line(error)}): left alone"
