"""Changes of dead jobs that are kept in a table of their own."""

from __future__ import annotations

from collections.abc import Sequence

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.engines.table import (
    left_alone,
    named_jobs,
    transition,
    write_rights,
)
from jobqueue_exporter.engines.table.change_texts import said
from jobqueue_exporter.engines.table.dead_letter_table import DeadLetterLayout
from jobqueue_exporter.engines.table.grave_requeue import GraveRequeue
from jobqueue_exporter.engines.table.grave_transitions import Graves, graves, moved
from jobqueue_exporter.engines.table.named_jobs import Named
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.model import RecoveryState, State
from jobqueue_exporter.sources.postgres import Session


def changed(
    session: Session, plan: Plan, layout: DeadLetterLayout, source: Source, order: Order, ids: Sequence[str]
) -> list[Change]:
    """What became of each of these dead jobs, in their order. Raises SourceError and psycopg.Error."""
    found = graves(layout, source)
    named = named_jobs.named(session, found.shelf.id, ids)
    if order.operation is Operation.REQUEUE:
        told = GraveRequeue(session, plan, found, source, order, named).changes()
    else:
        told = _ended(session, found, order, named)
    rest = named.only([place for place in named.fit if place not in told])
    told |= _left(session, found, rest)
    nowhere = f"{left_alone.NOT_THERE} among the dead ones in {layout.relation.label}"
    return [
        told.get(place) or Change(text, False, named.twice(place) or nowhere) for place, text in enumerate(named.ids)
    ]


def _ended(session: Session, found: Graves, order: Order, named: Named) -> dict[int, Change]:
    """Rows that a person gives up, or removes."""
    wanted, note = (found.removal, "")
    if order.operation is Operation.ABANDON:
        wanted, note = moved(session, found, RecoveryState.ABANDONED)
    write_rights.check(session, wanted)
    outcomes = (transition.foreseen if order.dry_run else transition.run)(session, wanted, named)
    return {
        place: Change(named.ids[place], False, one.why_not, State.DEAD_LETTER, one.was)
        if one.why_not
        else Change(named.ids[place], True, said(order, one.was, one.now) + note)
        for place, one in outcomes.items()
    }


def _left(session: Session, found: Graves, named: Named) -> dict[int, Change]:
    """What to say of rows that were not changed."""
    if not named.fit:
        return {}
    wanted = found.removal
    rows = session.rows(
        f"SELECT asked.n, {wanted.state.sql}::text, {found.shelf.state}, coalesce({wanted.condition}, false)\n"
        f"FROM {named.asked(wanted.id)} JOIN {wanted.joined}"
    )
    still = [n for n, _, _, met in rows if met]
    hidden = left_alone.hidden_from_us(session, wanted, named.only(still))
    return {
        n: Change(
            named.ids[n],
            False,
            (left_alone.HIDDEN if n in hidden else left_alone.LOCKED)
            if met
            else f"it is {left_alone.plain(word or '')}, not waiting for a person: left alone",
            State(state) if state else None,
            word or "",
        )
        for n, word, state, met in rows
    }
