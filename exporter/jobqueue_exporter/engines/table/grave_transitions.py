"""How rows of a table of dead jobs are changed: what is expected of them, and what is written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psycopg.sql import Literal

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.sql.relation import Type
from jobqueue_exporter.engines.table import dead_letter_rows, observed
from jobqueue_exporter.engines.table.dead_letter_table import DeadLetterLayout
from jobqueue_exporter.engines.table.shelf import Shelf
from jobqueue_exporter.engines.table.target_words import Choice, word
from jobqueue_exporter.engines.table.transition import ALIAS, Transition
from jobqueue_exporter.engines.table.write_time import now_in
from jobqueue_exporter.model import RecoveryState
from jobqueue_exporter.sources.postgres import Session

_JOB_ID = "job_id"
_MEANT = {
    RecoveryState.RETRY_SCHEDULED: ("retry_after", "next_retry_at", "retry_at"),
    RecoveryState.RECOVERED: ("recovered_at",),
}
_UPDATED = "updated_at"
WRITTEN = (*(name for names in _MEANT.values() for name in names), _UPDATED)


@dataclass(frozen=True, slots=True)
class Graves:
    """A table of dead jobs under the name ALIAS, and how its rows are told apart."""

    layout: DeadLetterLayout
    shelf: Shelf

    @property
    def pending(self) -> str:
        """The condition that a row waits for a person."""
        return self.layout.status_is(RecoveryState.PENDING)

    @property
    def removal(self) -> Transition:
        """A row that waits is removed."""
        return Transition(self.layout.relation, self.shelf.id, self.layout.status, self.pending, {})

    @property
    def job_id(self) -> str:
        """The id in the jobs table of the job that a row tells of, as text; NULL where no column says so."""
        named = self.layout.relation.columns.get(_JOB_ID)
        return "NULL::text" if named is None else f"{replace(named, alias=ALIAS).sql}::text"


def graves(layout: DeadLetterLayout, source: Source) -> Graves:
    """The table of dead jobs. Raises Refused when nothing tells its rows apart."""
    named = replace(
        layout,
        status=replace(layout.status, alias=ALIAS),
        created_at=replace(layout.created_at, alias=ALIAS),
    )
    shelf = dead_letter_rows.shelf(named, source)
    return Graves(named, replace(shelf, id=replace(shelf.id, alias=ALIAS)))


def moved(session: Session, found: Graves, to: RecoveryState) -> tuple[Transition, str]:
    """A row that waits comes to this state of recovery, and what a person should know of the word that says so.

    Raises Refused and psycopg.Error.
    """
    layout, columns = found.layout, found.layout.relation.columns
    held = observed.values(session, layout.relation, replace(layout.status, alias=""))
    words = _by_stamp(layout, to)
    target = word(
        session, Choice(layout.relation, layout.status, words, held, False, f"dead_letters.{to}"), first_is_fine=True
    )
    values = {layout.status.name: f"{Literal(target.text).as_string()}::{layout.status.cast}"}
    beside = [replace(layout.created_at, alias=ALIAS)]
    for name in (*_MEANT.get(to, ()), _UPDATED):
        column = columns.get(name)
        if column is not None and column.type in (Type.TIME, Type.NUMBER):
            values[name] = now_in(replace(column, alias=ALIAS), beside)
    return Transition(layout.relation, found.shelf.id, layout.status, found.pending, values), target.note


def _by_stamp(layout: DeadLetterLayout, to: RecoveryState) -> tuple[str, ...]:
    """The words of a state; a table that says when a job was recovered most likely says `recovered`."""
    words = layout.words[to]
    stamped = any(name in layout.relation.columns for name in _MEANT.get(to, ()))
    return tuple(sorted(words, key=lambda one: not (stamped and one.lower() == to))) if words else ()
