"""Dead jobs that a team keeps in a table of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobqueue_exporter.config.types import DeadLetterTable
from jobqueue_exporter.engines.sql.relation import Column, Relation, Type
from jobqueue_exporter.engines.sql.tally import LABEL_LENGTH, age
from jobqueue_exporter.engines.table.words import as_written, unmapped
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Recovery, RecoveryState, State
from jobqueue_exporter.sources.postgres import Row

USUAL_NAME = "dead_letter_queue"
_KINDS = ("original_event_name", "kind", "job_type", "job_kind", "type")
_ATTEMPTS = ("attempt_count", "attempts", "retry_count")
_ERRORS = ("last_error", "error", "error_message")
_TEXTS = (Type.TEXT, Type.ENUM)
_TIMES = (Type.TIME, Type.NUMBER)
_LANES = (*_TEXTS, Type.NUMBER, Type.OTHER)
STATES = {State.DEAD_LETTER: RecoveryState.PENDING, State.RETRYING: RecoveryState.RETRY_SCHEDULED}


@dataclass(frozen=True, slots=True)
class DeadLetterLayout:
    """A dead-letter table, read and understood. `words` goes by recovery state."""

    relation: Relation
    words: Mapping[str, tuple[str, ...]]
    status: Column
    created_at: Column
    queue: Column | None
    kind: Column | None
    attempts: Column | None
    error: Column | None

    def status_is(self, state: RecoveryState) -> str:
        """The condition that a row is in this state."""
        return self.status.is_one_of(self.words[state])

    @property
    def lane(self) -> str:
        """The queue and the kind of a row, as two text columns."""
        queue, kind = (
            f"left({column.sql}::text, {LABEL_LENGTH})" if column else "NULL::text"
            for column in (self.queue, self.kind)
        )
        return f"{queue} AS queue, {kind} AS kind"


def status_column(relation: Relation, words: DeadLetterTable) -> Column:
    """The column that says how far a recovery is. Raises Refused."""
    return _column(relation, words.status, _TEXTS)


def resolve(
    relation: Relation, words: DeadLetterTable, observed: tuple[str, ...]
) -> tuple[DeadLetterLayout, list[str]]:
    """The layout of a dead-letter table whose status column holds the `observed` values, and notices.

    Raises:
        Refused: a column is missing or unfit, or rows are hidden.
    """
    if relation.hidden:
        raise Refused(relation.hidden)
    status = status_column(relation, words)
    meanings = as_written({state: getattr(words, state) for state in RecoveryState}, observed)
    found = DeadLetterLayout(
        relation,
        meanings,
        status,
        _column(relation, words.created_at, _TIMES),
        _column(relation, words.queue, _LANES) if words.queue else None,
        _column(relation, words.kind, _LANES) if words.kind else _usual(relation, _KINDS, _LANES),
        _column(relation, words.attempts, (Type.NUMBER,))
        if words.attempts
        else _usual(relation, _ATTEMPTS, (Type.NUMBER,)),
        _column(relation, words.error, (Type.TEXT, Type.JSON))
        if words.error
        else _usual(relation, _ERRORS, (Type.TEXT, Type.JSON)),
    )
    return found, unmapped(f"{relation.label}.{status.name}", meanings, observed, under="dead_letters")


def _column(relation: Relation, name: str, types: tuple[Type, ...]) -> Column:
    column = relation.columns.get(name)
    if column is None:
        there = ", ".join(relation.columns)
        raise Refused(f"dead_letters: there is no column {name} in {relation.label}; there are: {there}")
    if column.type not in types:
        raise Refused(f"dead_letters: column {name} of {relation.label} must be a {' or '.join(types)} column")
    return column


def _usual(relation: Relation, names: tuple[str, ...], types: tuple[Type, ...]) -> Column | None:
    found = (relation.columns.get(name) for name in names)
    return next((column for column in found if column and column.type in types), None)


def live_query(layout: DeadLetterLayout, cap: int) -> str:
    """Rows of the shape of `jobs.query`: dead jobs, and those that are to be retried."""
    return "\nUNION ALL\n".join(
        f"SELECT '{state}', queue, kind, count(*), date_part('epoch', min(since)), 0::bigint\n"
        f"FROM (SELECT {layout.lane}, {layout.created_at.finite} AS since\n"
        f"      FROM {layout.relation.sql} WHERE {layout.status_is(status)} LIMIT {cap + 1}) AS {state}\n"
        f"GROUP BY queue, kind"
        for state, status in STATES.items()
    )


def recovery_query(layout: DeadLetterLayout, cap: int) -> str:
    """A row for each recovery state: how many, up to the cap, and since when the oldest is in it."""
    return "\nUNION ALL\n".join(
        f"SELECT '{state}', count(*), date_part('epoch', now()), date_part('epoch', min(since))\n"
        f"FROM (SELECT {layout.created_at.finite} AS since FROM {layout.relation.sql}\n"
        f"      WHERE {layout.status_is(state)} LIMIT {cap}) AS {state}"
        for state in RecoveryState
    )


def recovery(rows: list[Row]) -> Recovery:
    """The recovery that the rows of `recovery_query` tell of."""
    oldest: float | None = 0.0
    for state, count, now, since in rows:
        if state == RecoveryState.PENDING and count:
            oldest = None if since is None else age(now, since)
    return Recovery(jobs={RecoveryState(state): count for state, count, _, _ in rows}, oldest_pending_seconds=oldest)
