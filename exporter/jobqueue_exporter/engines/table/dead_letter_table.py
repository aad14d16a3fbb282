"""Dead jobs that a team keeps in a table of their own."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.sql import Literal

from jobqueue_exporter.config.types import DeadLetterTable
from jobqueue_exporter.engines.table.relation import Column, Relation
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Recovery, RecoveryState, State
from jobqueue_exporter.sources.postgres import Row

USUAL_NAME = "dead_letter_queue"
_KINDS = ("original_event_name", "kind", "job_type", "job_kind", "type")
_ATTEMPTS = ("attempt_count", "attempts", "retry_count")
_ERRORS = ("last_error", "error", "error_message")
_STATES = {State.DEAD_LETTER: RecoveryState.PENDING, State.RETRYING: RecoveryState.RETRY_SCHEDULED}


@dataclass(frozen=True, slots=True)
class DeadLetterLayout:
    """A dead-letter table, read and understood."""

    relation: Relation
    words: DeadLetterTable
    status: Column
    created_at: Column
    queue: Column | None
    kind: Column | None
    attempts: Column | None
    error: Column | None

    def status_is(self, state: RecoveryState) -> str:
        """The condition that a row is in this state."""
        listed = ", ".join(Literal(word).as_string() for word in getattr(self.words, state.value))
        return f"{self.status.sql} IN ({listed})" if listed else "false"

    @property
    def lane(self) -> str:
        """The queue and the kind of a row, as two text columns."""
        queue, kind = (f"{c.sql}::text" if c else "NULL::text" for c in (self.queue, self.kind))
        return f"{queue} AS queue, {kind} AS kind"


def resolve(relation: Relation, words: DeadLetterTable) -> DeadLetterLayout:
    """The layout of a dead-letter table. Raises Refused when a column is missing or rows are hidden."""
    if relation.hidden:
        raise Refused(relation.hidden)
    return DeadLetterLayout(
        relation,
        words,
        _column(relation, words.status),
        _column(relation, words.created_at),
        _column(relation, words.queue) if words.queue else None,
        _column(relation, words.kind) if words.kind else _usual(relation, _KINDS),
        _column(relation, words.attempts) if words.attempts else _usual(relation, _ATTEMPTS),
        _column(relation, words.error) if words.error else _usual(relation, _ERRORS),
    )


def _column(relation: Relation, name: str) -> Column:
    if name not in relation.columns:
        there = ", ".join(relation.columns)
        raise Refused(f"dead_letters: there is no column {name} in {relation.label}; there are: {there}")
    return relation.columns[name]


def _usual(relation: Relation, names: tuple[str, ...]) -> Column | None:
    return next((relation.columns[name] for name in names if name in relation.columns), None)


def live_query(layout: DeadLetterLayout, cap: int) -> str:
    """Rows of the shape of `jobs.query`: dead jobs, and those that are to be retried."""
    return "\nUNION ALL\n".join(
        f"SELECT '{state}', queue, kind, count(*), date_part('epoch', min(since)), 0::bigint\n"
        f"FROM (SELECT {layout.lane}, {layout.created_at.sql} AS since\n"
        f"      FROM {layout.relation.sql} WHERE {layout.status_is(status)} LIMIT {cap + 1}) AS {state}\n"
        f"GROUP BY queue, kind"
        for state, status in _STATES.items()
    )


def recovery_query(layout: DeadLetterLayout, cap: int) -> str:
    """A row for each recovery state: how many, up to the cap, and since when the oldest is in it."""
    return "\nUNION ALL\n".join(
        f"SELECT '{state}', count(*), date_part('epoch', now()), date_part('epoch', min(since))\n"
        f"FROM (SELECT {layout.created_at.sql} AS since FROM {layout.relation.sql}\n"
        f"      WHERE {layout.status_is(state)} LIMIT {cap}) AS {state}"
        for state in RecoveryState
    )


def recovery(rows: list[Row]) -> Recovery:
    """The recovery that the rows of `recovery_query` tell of."""
    counts = {RecoveryState(state): count for state, count, _, _ in rows}
    ages = [max(0.0, now - since) for state, _, now, since in rows if state == "pending" and since is not None]
    return Recovery(jobs=counts, oldest_pending_seconds=max(ages, default=0.0))
