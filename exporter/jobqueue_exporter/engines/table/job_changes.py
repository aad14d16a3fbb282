"""Changes of jobs in the jobs table itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.engines.table import audit, job_transitions, left_alone, named_jobs, transition, write_rights
from jobqueue_exporter.engines.table.change_texts import said
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.engines.table.transition import Outcome
from jobqueue_exporter.sources.postgres import Session


def changed(session: Session, plan: Plan, source: Source, order: Order, ids: Sequence[str]) -> list[Change]:
    """What became of each of these jobs, in their order. Raises SourceError and psycopg.Error."""
    prepared = job_transitions.prepared(session, plan.jobs, source, order.operation)
    wanted = prepared.transition
    write_rights.check(session, wanted)
    named = named_jobs.named(session, wanted.id, ids)
    outcomes = (transition.foreseen if order.dry_run else transition.run)(session, wanted, named)
    rest = named.only([place for place in named.fit if place not in outcomes or outcomes[place].why_not])
    left = left_alone.left(session, plan.jobs, source, order.operation, wanted, prepared.spent, rest)
    moved = {place: outcome for place, outcome in outcomes.items() if not outcome.why_not}
    audited = not order.dry_run and audited_by(session, plan, order, list(moved.values()))
    return [
        _said(order, plan.jobs, moved[place], text, prepared.note, audited=audited)
        if place in moved
        else _left(text, outcomes.get(place), left.get(place), named.twice(place))
        for place, text in enumerate(named.ids)
    ]


def audited_by(session: Session, plan: Plan, order: Order, outcomes: list[Outcome]) -> bool:
    """Whether the events table says who changed these jobs of the jobs table."""
    entries = [audit.Entry(one.id, one.was, one.now, died(order, plan.jobs, one.now)) for one in outcomes]
    return audit.written(session, plan.events, plan.jobs.relation.oids[0], order, entries)


def died(order: Order, jobs: Layout, now: str) -> bool:
    """Whether a job that was reclaimed is dead by it."""
    return order.operation is Operation.RECLAIM and now in jobs.states["dead_letter"]


def _said(order: Order, jobs: Layout, outcome: Outcome, text: str, note: str, *, audited: bool) -> Change:
    dead = died(order, jobs, outcome.now)
    what = said(order, outcome.was, outcome.now, died=dead)
    # A note on a reclaimed job is about the word for dead.
    noted = dead or order.operation is not Operation.RECLAIM
    return Change(text, True, f"{what}{note if noted else ''}", audited=audited)


def _left(text: str, kept: Outcome | None, left: Change | None, twice: str) -> Change:
    """Of a job that was not changed, why: as the table said when it refused, else as it is."""
    found = left or Change(text, False, twice or left_alone.NOT_THERE)
    return replace(found, text=kept.why_not) if kept is not None else found
