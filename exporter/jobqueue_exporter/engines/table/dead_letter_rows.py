"""Single jobs in a table of dead jobs."""

from __future__ import annotations

from collections.abc import Mapping

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.sql.relation import Column, Type
from jobqueue_exporter.engines.sql.tally import LABEL_LENGTH
from jobqueue_exporter.engines.table.dead_letter_table import STATES, DeadLetterLayout
from jobqueue_exporter.engines.table.dead_letters import whole_error
from jobqueue_exporter.engines.table.shelf import Shelf
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import RecoveryState

_USUAL_ID = "id"
# By field of a Job; the first that the table has is taken.
_USUAL_TIMES = {"due_at": ("retry_after", "retry_at", "next_retry_at"), "updated_at": ("updated_at",)}


def shelf(layout: DeadLetterLayout, source: Source) -> Shelf:
    """What rows of a dead-letter table tell. Raises Refused when nothing tells them apart."""
    relation = layout.relation
    name = source.dead_letters.id if source.dead_letters else _USUAL_ID
    if name not in relation.columns:
        why = "may not be read by this role" if name in relation.denied else "is not there"
        raise Refused(f"column {name} of {relation.label}, which tells its rows apart, {why}: see dead_letters.id")
    errors = (layout.error,) if layout.error else ()
    return Shelf(
        relation=relation,
        id=relation.columns[name],
        queue=_label(layout.queue.sql if layout.queue else "NULL"),
        kind=_label(layout.kind.sql if layout.kind else "NULL"),
        word=f"{layout.status.sql}::text",
        state=_case(layout, {str(state): recovery for state, recovery in STATES.items()}),
        error=whole_error(errors),
        errors=errors,
        told=frozenset(
            column.name
            for column in (
                layout.status,
                layout.created_at,
                layout.queue,
                layout.kind,
                layout.attempts,
                *_times(layout).values(),
            )
            if column
        ),
        words=frozenset(word for words in layout.words.values() for word in words),
        recovery=_case(layout, {str(recovery): recovery for recovery in RecoveryState}),
        attempts=layout.attempts.sql if layout.attempts else "NULL",
        moments=_moments(layout),
    )


def _label(column: str) -> str:
    return f"left({column}::text, {LABEL_LENGTH})"


def _case(layout: DeadLetterLayout, told: Mapping[str, RecoveryState]) -> str:
    cases = " ".join(f"WHEN {layout.status_is(recovery)} THEN '{word}'" for word, recovery in told.items())
    return f"CASE {cases} ELSE NULL::text END"


def _moments(layout: DeadLetterLayout) -> dict[str, str]:
    """A row is made when its job dies: when the job itself was made is not known."""
    died_at, pending = layout.created_at.moment, layout.status_is(RecoveryState.PENDING)
    others = {name: column.moment for name, column in _times(layout).items()}
    return {**others, "since": f"CASE WHEN {pending} THEN {died_at} END", "ended_at": died_at}


def _times(layout: DeadLetterLayout) -> dict[str, Column]:
    found = {name: _usual(layout, usual) for name, usual in _USUAL_TIMES.items()}
    return {name: column for name, column in found.items() if column}


def _usual(layout: DeadLetterLayout, names: tuple[str, ...]) -> Column | None:
    found = (layout.relation.columns.get(name) for name in names)
    return next((column for column in found if column and column.type in (Type.TIME, Type.NUMBER)), None)
