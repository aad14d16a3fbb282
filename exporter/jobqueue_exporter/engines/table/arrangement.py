"""In which stretches the jobs that are wanted are read, by the indexes that a table has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from psycopg.sql import Literal

from jobqueue_exporter.engines.operations import Wanted
from jobqueue_exporter.engines.sql.tally import lane
from jobqueue_exporter.engines.table import walk
from jobqueue_exporter.engines.table.dead_letter_table import DeadLetterLayout
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.segments import Segment, by_key
from jobqueue_exporter.engines.table.shelf import Shelf, typed
from jobqueue_exporter.engines.table.walk import LANE_ROLES, Walk
from jobqueue_exporter.model import RecoveryState, State
from jobqueue_exporter.sources.postgres import Session

# Each costs a page of its own.
MOST_LANES = 2000
_WAITING = ("waiting", "retry")
_MEANINGS = {
    State.PENDING: _WAITING,
    State.SCHEDULED: _WAITING,
    State.RETRYING: _WAITING,
    State.BLOCKED: ("blocked",),
    State.RUNNING: ("running",),
    State.DEAD_LETTER: ("dead_letter",),
}
_DUE = {State.PENDING: "<=", State.SCHEDULED: ">", State.RETRYING: ">"}


def of_jobs(session: Session, layout: Layout, shelf: Shelf, wanted: Wanted, *, walks: bool) -> list[Segment]:
    """Stretches of a jobs table in which all that is wanted lies; `walks`: an index has its lanes in order.

    Along (state, run_at) by value of the state; along the index of lanes lane by lane; without either by id.

    Raises psycopg.Error.
    """
    meanings = _MEANINGS[wanted.state]
    words, state = layout.words(*meanings), layout.columns["state"]
    dated = layout.has("run_at") and layout.relation.led_by(state.name, layout.columns["run_at"].name)
    narrowed = wanted.queue is not None or wanted.kind is not None
    lanes = _Lanes(session, layout, shelf, wanted).segments(words) if walks and (narrowed or not dated) else None
    if lanes is not None:
        return lanes
    if dated:
        return [found for word in words for found in _by_run_at(layout, shelf, wanted, f"{state.sql} = {word}")]
    return [Segment(shelf, f"{layout.state_is(*meanings)} AND {shelf.state} = '{wanted.state}'")] if words else []


def of_dead_letters(layout: DeadLetterLayout, shelf: Shelf, recovery: RecoveryState) -> list[Segment]:
    """Stretches of a table of dead jobs in which all of this recovery state lie."""
    status, died_at = layout.status, layout.created_at
    if not layout.relation.led_by(status.name, died_at.name):
        return [Segment(shelf, layout.status_is(recovery))]
    words = [word for word in layout.words[recovery] if not status.labels or word in status.labels]
    return [found for word in words for found in by_key(shelf, f"{status.sql} = {Literal(word).as_string()}", died_at)]


def _by_run_at(layout: Layout, shelf: Shelf, wanted: Wanted, where: str) -> Iterator[Segment]:
    """Rows of one value of the state that have a run_at, then the others where they may be wanted."""
    run_at, due = layout.columns["run_at"], _DUE.get(wanted.state)
    when = f"{run_at.moment} {due} now()" if due else f"{run_at.sql} IS NOT NULL"
    yield Segment(shelf, f"{where} AND {when}", run_at)
    if due != ">" and not run_at.not_null:
        yield Segment(shelf, f"{where} AND {run_at.sql} IS NULL")


class _Lanes:
    """Stretches along an index of lanes, one or two for each lane of each value of the state."""

    def __init__(self, session: Session, layout: Layout, shelf: Shelf, wanted: Wanted) -> None:
        self._session, self._layout, self._shelf, self._wanted = session, layout, shelf, wanted

    def segments(self, words: tuple[str, ...]) -> list[Segment] | None:
        """Those of all these values; None where there are too many lanes. Raises psycopg.Error."""
        found: list[Segment] = []
        for number, word in enumerate(words):
            here = Walk(self._layout, word, number)
            names = ", ".join(f"{column}::text" for column in here.lanes)
            lanes = self._session.rows(
                f"WITH RECURSIVE {here.cte()}\nSELECT {names} FROM k{number} LIMIT {MOST_LANES + 1}"
            )
            if len(lanes) > MOST_LANES:
                return None
            for values in lanes:
                found += self._of_lane(here, values)
            found += self._of_none(here)
        return found

    def _of_lane(self, here: Walk, values: tuple[str, ...]) -> Iterator[Segment]:
        columns = [self._layout.columns[role] for role in LANE_ROLES if self._layout.has(role)]
        by_role = dict(zip((role for role in LANE_ROLES if self._layout.has(role)), values, strict=True))
        wanted = self._wanted
        this = lane(by_role.get("queue"), by_role.get("kind"), self._layout.relation.name)
        if wanted.queue not in (None, this.queue) or wanted.kind not in (None, this.kind):
            return
        same = [f"{column.sql} = {typed(value, column)}" for column, value in zip(columns, values, strict=True)]
        where = " AND ".join([here.state, *same])
        for found in _by_run_at(self._layout, self._shelf, wanted, where):
            yield from (found,) if found.key else self._undated(found.where)

    def _undated(self, where: str) -> Iterator[Segment]:
        """Rows without a run_at: in the order in which they were made, where the index has it."""
        created_at = self._layout.columns.get("created_at")
        keys = (*walk.index_keys(self._layout), created_at.name) if created_at else ()
        if created_at is None or not any(i.keys[: len(keys)] == keys for i in self._layout.relation.indexes):
            yield Segment(self._shelf, where)
            return
        for found in by_key(self._shelf, where, created_at):
            yield replace(found, lead=self._layout.columns["run_at"]) if found.key else found

    def _of_none(self, here: Walk) -> Iterator[Segment]:
        """Rows that have no queue or no kind, if there are any: the index does not lead to them."""
        queries = list(here.nulls())
        if queries and self._session.rows("\nUNION ALL\n".join(queries)):
            lacking = " OR ".join(f"{column} IS NULL" for column in here.lanes)
            told = f"{self._shelf.state} = '{self._wanted.state}'"
            yield Segment(self._shelf, f"{here.state} AND ({lacking}) AND {told}")
