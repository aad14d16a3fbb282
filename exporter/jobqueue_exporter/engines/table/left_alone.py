"""What to say of jobs that were not changed: where they are now, and why they were left alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from psycopg import errors as pg

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Operation
from jobqueue_exporter.engines.sql.tally import age
from jobqueue_exporter.engines.table import job_rows
from jobqueue_exporter.engines.table.jobs import beat
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.named_jobs import Named
from jobqueue_exporter.engines.table.transition import ALIAS, Transition
from jobqueue_exporter.engines.table.words import shown
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.postgres import Row, Session

NOT_THERE = "there is no such job"
LOCKED = "another transaction has locked it: left alone"
HIDDEN = (
    "row-level security keeps this role from changing it: left alone; `jobqueue sql writer` prints a role and the "
    "policies that it needs"
)
_EXPECTED = {
    Operation.REQUEUE: "dead",
    Operation.RECLAIM: "running",
    Operation.CANCEL: "waiting",
    Operation.ABANDON: "dead",
    Operation.DELETE: "dead",
}


@dataclass(frozen=True, slots=True)
class Bystander:
    """A job that was not changed: `met` when it is still where the change expects it, `silent` seconds since its
    worker's last sign of life, `spent` when it has no attempts left."""

    id: str
    word: str
    state: State | None
    met: bool
    spent: bool
    worker: str
    silent: float | None

    def changed(self, text: str) -> Change:
        """What is reported of it."""
        return Change(self.id, False, text, self.state, self.word)


def left(
    session: Session, jobs: Layout, source: Source, operation: Operation, wanted: Transition, spent: str, named: Named
) -> dict[int, Change]:
    """What to say of these jobs of a jobs table, by the place of the id. Raises SourceError and psycopg.Error."""
    if not named.fit:
        return {}
    found = _bystanders(session, jobs.aliased(ALIAS), source, wanted, spent, named)
    still = [place for place, one in found.items() if one.met]
    hidden = hidden_from_us(session, wanted, named.only(still))
    said: dict[int, Change] = {}
    for place, one in found.items():
        text = (HIDDEN if place in hidden else LOCKED) if one.met else _why(one, operation, source.lease)
        said[place] = one.changed(text)
    return said


def _bystanders(
    session: Session, jobs: Layout, source: Source, wanted: Transition, spent: str, named: Named
) -> dict[int, Bystander]:
    worker = jobs.text("worker")
    state = job_rows.shelf(jobs, source.lease, dead_elsewhere=False).state
    seen = f"date_part('epoch', {beat(jobs)})" if jobs.has("heartbeat_at") else "NULL"
    rows = session.rows(
        f"SELECT asked.n, {wanted.state.sql}::text, {state}, coalesce({wanted.condition}, false),\n"
        f"       {spent}, {worker}, {seen}, date_part('epoch', now())\n"
        f"FROM {named.asked(wanted.id)} JOIN {wanted.joined}"
    )
    return {row[0]: _bystander(named.ids[row[0]], row) for row in rows}


def _bystander(job_id: str, row: Row) -> Bystander:
    _, word, state, met, spent, worker, seen, now = row
    silent = age(now, seen) if seen is not None and math.isfinite(seen) else None
    return Bystander(job_id, word or "", State(state) if state else None, met, spent, worker or "", silent)


def _why(one: Bystander, operation: Operation, lease_seconds: float) -> str:
    is_now = f"it is {plain(one.word)}"
    if one.state is State.RUNNING and operation is not Operation.RECLAIM:
        worker = f" on worker {shown(one.worker)}" if one.worker else ""
        return f"{is_now}{worker}, not {_EXPECTED[operation]}: left alone"
    if one.state is State.RUNNING and one.spent and (one.silent is None or one.silent > lease_seconds):
        return f"{is_now} and has no attempts left, and no word for dead is known: name it in states.dead_letter"
    if one.state is State.RUNNING:
        sign = "has given no sign of life" if one.silent is None else f"gave a sign of life {one.silent:.0f} s ago"
        return f"its worker {sign}, and the lease is {lease_seconds:g} s: left alone"
    return f"{is_now}, not {_EXPECTED[operation]}: left alone"


def plain(word: str) -> str:
    """A state word for people, quoted where it is no plain word."""
    return word if word.isidentifier() and word.isascii() else shown(word)


def hidden_from_us(session: Session, wanted: Transition, named: Named) -> frozenset[int]:
    """Of these rows, which row-level security lets us read and not change. Raises SourceError and psycopg.Error.

    A row that can be locked, or is locked by another, is not one of them.
    """
    if not named.fit or not session.rows(f"SELECT row_security_active({wanted.relation.oids[0]}::oid)")[0][0]:
        return frozenset()
    query = f"SELECT asked.n FROM {named.asked(wanted.id)} JOIN {wanted.joined} FOR UPDATE OF {ALIAS} NOWAIT"
    try:
        ours = {n for (n,) in session.contained(lambda: session.rows(query))}
    except Refused as error:
        if not isinstance(error.__cause__, pg.LockNotAvailable):
            raise
        middle = len(named.fit) // 2
        if not middle:
            return frozenset()
        halves = named.only(named.fit[:middle]), named.only(named.fit[middle:])
        return hidden_from_us(session, wanted, halves[0]) | hidden_from_us(session, wanted, halves[1])
    return frozenset(named.fit) - ours
