"""A table in which single jobs are found: what each of its rows tells, as SQL, and the job of such a row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from psycopg.sql import Literal

from jobqueue_exporter.engines.causes import Causes
from jobqueue_exporter.engines.operations import Job
from jobqueue_exporter.engines.sql.relation import Column, Relation
from jobqueue_exporter.engines.sql.tally import lane
from jobqueue_exporter.model import RecoveryState, State
from jobqueue_exporter.sources.postgres import Row

_MOMENTS = ("since", "created_at", "due_at", "started_at", "ended_at", "updated_at", "heartbeat_at")
_NOTHING = "NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What the rows of one table tell of jobs: an SQL expression for each field of a Job. `errors` are the columns
    that may hold its error, `told` those that fields of a Job tell of otherwise, `words` the values of its state that
    are understood."""

    relation: Relation
    id: Column
    queue: str
    kind: str
    word: str
    state: str
    error: str
    errors: tuple[Column, ...]
    told: frozenset[str]
    words: frozenset[str]
    recovery: str = "NULL::text"
    stuck: str = "NULL::boolean"
    attempts: str = _NOTHING
    max_attempts: str = _NOTHING
    worker: str = "NULL::text"
    moments: Mapping[str, str] = field(default_factory=dict)

    @property
    def since(self) -> str:
        """From when on a job is in its state, as a timestamp."""
        return self.moments.get("since", "NULL::timestamptz")

    def columns(self, *, whole: bool, kept: str = "true") -> str:
        """What `job` needs of a row. What may be long is only asked for where a row is `kept`."""
        moments = (f"date_part('epoch', {self.moments.get(name, 'NULL::timestamptz')})" for name in _MOMENTS)
        row = self._row if whole else "''"
        if kept != "true":
            row, error = (f"CASE WHEN {kept} THEN {text} END" for text in (row, self.error))
        else:
            error = self.error
        return (
            f"{self.id.sql}::text, {self.queue}, {self.kind}, {self.word}, {self.state}, {self.recovery},\n"
            f"{self.stuck}, {self.attempts}, {self.max_attempts}, {self.worker},\n"
            f"{', '.join(moments)},\n{error}, {row}"
        )

    @property
    def readable(self) -> str:
        """The columns that we may read, listed: `*` asks for the others too."""
        return ", ".join(column.sql for column in self.relation.columns.values())

    @property
    def _row(self) -> str:
        return f"(SELECT row_to_json(w)::text FROM (SELECT {self.readable}) AS w)"


def typed(text: str | None, column: Column) -> str:
    """A text as a value of a column's type. It fails in SQL where it is none."""
    return f"{Literal(text).as_string()}::{column.cast}"


def job(row: Row, default_queue: str, causes: Causes) -> Job:
    """The job of a row of `Shelf.columns`."""
    identity, queue, kind, word, state, recovery, stuck, attempts, most, worker, *moments, error, whole = row
    dead = state == State.DEAD_LETTER
    return Job(
        id=identity,
        lane=lane(queue, kind, default_queue),
        state=None if state is None else State(state),
        word=word or "",
        recovery=None if recovery is None else RecoveryState(recovery),
        cause=causes.of(error) if dead else None,
        stuck=stuck,
        attempts=_whole(attempts),
        max_attempts=_whole(most),
        worker=worker or "",
        error=error or "",
        # In JSON a line break can only stand between values.
        row=(whole or "").replace("\n", " "),
        **{name: _finite(moment) for name, moment in zip(_MOMENTS, moments, strict=True)},
    )


def _whole(number: float | None) -> int | None:
    return None if number is None or not math.isfinite(number) else int(number)


def _finite(moment: float | None) -> float | None:
    return moment if moment is not None and math.isfinite(moment) else None
