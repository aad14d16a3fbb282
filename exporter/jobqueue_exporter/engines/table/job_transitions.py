"""How rows of a jobs table are changed: what is expected of them, and what is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from psycopg.sql import Literal

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Operation
from jobqueue_exporter.engines.table.jobs import expired
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.target_words import Choice, Word, word
from jobqueue_exporter.engines.table.transition import ALIAS, Transition
from jobqueue_exporter.engines.table.words import TIME_ROLES
from jobqueue_exporter.engines.table.write_time import now_in
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

# What a worker leaves in a row that it holds.
HOLD = ("started_at", "worker", "heartbeat_at")
WRITTEN = ("state", "attempts", "run_at", *HOLD, "finished_at", "updated_at")
# Filled on success alone in many tables; an end of another sort does not belong there.
_SUCCESS_ONLY = "completed_at"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transition of the jobs table, and what a person should know of the words that it writes. `spent` is the
    condition that a row has no attempts left and therefore cannot be changed, since no word for dead is known."""

    transition: Transition
    note: str = ""
    spent: str = "false"


def prepared(session: Session, jobs: Layout, source: Source, operation: Operation) -> Prepared:
    """What the operation does to the rows of a jobs table.

    Raises:
        Refused: the table cannot tell which rows are meant, or nothing tells which word to write.
        psycopg.Error: the catalog could not be read.
    """
    if not jobs.has("id"):
        raise Refused(f"{jobs.relation.label} has no column that tells jobs apart: name it under columns.id")
    return _PREPARE[operation](session, jobs.aliased(ALIAS), source)


def requeued(session: Session, jobs: Layout, source: Source, condition: str) -> Prepared:
    """Rows under this condition start anew: waiting, due now, not one attempt spent, held by nobody."""
    waiting = _word(session, jobs, source, "waiting")
    values = {"state": _literal(jobs, waiting.text), "attempts": "0", "run_at": _now(jobs, "run_at")}
    return Prepared(_transition(jobs, condition, values | _emptied(jobs, *HOLD, "finished_at")), waiting.note)


def dead(jobs: Layout) -> str:
    """The condition that a row is a dead job. Raises Refused where no word says so."""
    if not jobs.states["dead_letter"]:
        raise Refused(f"no state of {jobs.relation.label} means that a job is dead: name it under states.dead_letter")
    return jobs.state_is("dead_letter")


def _requeue(session: Session, jobs: Layout, source: Source) -> Prepared:
    return requeued(session, jobs, source, dead(jobs))


def _reclaim(session: Session, jobs: Layout, source: Source) -> Prepared:
    """Attempts stay as they are; a row without any left is dead, unless the configuration has no word for that."""
    if not jobs.has("heartbeat_at"):
        raise Refused(
            f"{jobs.relation.label} has no heartbeats by which to tell that a job's worker is lost: name their column "
            "under columns.heartbeat_at"
        )
    if not jobs.states["running"]:
        raise Refused(f"no state of {jobs.relation.label} means that a job runs: name it under states.running")
    waiting = _word(session, jobs, source, "waiting")
    condition = f"{jobs.state_is('running')} AND {expired(jobs, source.lease)}"
    back = {"state": _literal(jobs, waiting.text), "run_at": _now(jobs, "run_at")}
    spent = _spent(jobs)
    kept = _emptied(jobs, *HOLD)
    if spent == "false":
        return Prepared(_transition(jobs, condition, back | kept), waiting.note)
    try:
        end = _word(session, jobs, source, "dead_letter", first_is_fine=True)
    except Refused:
        return Prepared(_transition(jobs, f"{condition} AND NOT {spent}", back | kept), waiting.note, spent)
    over = {"state": _literal(jobs, end.text)} | _ended(jobs)
    values = {role: _either(jobs, role, spent, over, back) for role in over | back if jobs.has(role)}
    return Prepared(_transition(jobs, condition, values | kept), end.note)


def _cancel(session: Session, jobs: Layout, source: Source) -> Prepared:
    target = _word(session, jobs, source, "cancelled", first_is_fine=True)
    values = {"state": _literal(jobs, target.text)} | _ended(jobs)
    return Prepared(_transition(jobs, jobs.state_is("waiting", "retry", "blocked"), values), target.note)


def _abandon(session: Session, jobs: Layout, source: Source) -> Prepared:
    target = _word(session, jobs, source, "discarded", first_is_fine=True)
    return Prepared(_transition(jobs, dead(jobs), {"state": _literal(jobs, target.text)}), target.note)


def _delete(session: Session, jobs: Layout, source: Source) -> Prepared:
    return Prepared(Transition(jobs.relation, jobs.columns["id"], jobs.columns["state"], dead(jobs), {}))


_PREPARE: Mapping[Operation, Callable[[Session, Layout, Source], Prepared]] = {
    Operation.REQUEUE: _requeue,
    Operation.RECLAIM: _reclaim,
    Operation.CANCEL: _cancel,
    Operation.ABANDON: _abandon,
    Operation.DELETE: _delete,
}


def _transition(jobs: Layout, condition: str, values: Mapping[str, str]) -> Transition:
    """The transition that writes these values by role, as far as there are columns, and when the row was changed."""
    stamped = {**values, "updated_at": _now(jobs, "updated_at")}
    written = {jobs.columns[role].name: value for role, value in stamped.items() if jobs.has(role)}
    return Transition(jobs.relation, jobs.columns["id"], jobs.columns["state"], condition, written)


def _word(session: Session, jobs: Layout, source: Source, meaning: str, *, first_is_fine: bool = False) -> Word:
    words, configured = jobs.states[meaning], source.states is not None
    column = jobs.columns["state"]
    choice = Choice(jobs.relation, column, words, jobs.observed, configured, f"states.{meaning}")
    return word(session, choice, first_is_fine=first_is_fine)


def _literal(jobs: Layout, text: str) -> str:
    return f"{Literal(text).as_string()}::{jobs.columns['state'].cast}"


def _now(jobs: Layout, role: str) -> str:
    """Now for the column of a role, if there is one."""
    beside = [jobs.columns[other] for other in TIME_ROLES if jobs.has(other)]
    return now_in(jobs.columns[role], beside) if jobs.has(role) else "now()"


def _emptied(jobs: Layout, *roles: str) -> dict[str, str]:
    return {role: "NULL" for role in roles if jobs.has(role) and not jobs.columns[role].not_null}


def _ended(jobs: Layout) -> dict[str, str]:
    """When it ended, where a column says so of every end."""
    if not jobs.has("finished_at") or jobs.columns["finished_at"].name == _SUCCESS_ONLY:
        return {}
    return {"finished_at": _now(jobs, "finished_at")}


def _spent(jobs: Layout) -> str:
    """The condition that no attempt is left."""
    if not jobs.has("attempts", "max_attempts"):
        return "false"
    return f"coalesce({jobs.sql('attempts')} >= {jobs.sql('max_attempts')}, false)"


def _either(jobs: Layout, role: str, condition: str, then: Mapping[str, str], otherwise: Mapping[str, str]) -> str:
    """One value where the condition holds, else the other; what has none for the role leaves it as it is."""
    is_now = jobs.columns[role].sql
    return f"CASE WHEN {condition} THEN {then.get(role, is_now)} ELSE {otherwise.get(role, is_now)} END"
