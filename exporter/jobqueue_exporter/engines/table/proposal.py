"""A source's configuration as we would write it, from a look at its database."""

from __future__ import annotations

import re
import time

from psycopg.sql import Identifier

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Proposal, Request
from jobqueue_exporter.engines.sql.relation import Relation
from jobqueue_exporter.engines.table import found_states
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.engines.table.words import COLUMN_NAMES

_PLAIN = re.compile("[a-z_][a-z0-9_]*")


def propose(source: Source) -> Proposal:
    """What a reading of the source shows. Raises SourceError."""
    reader = TableReader(source)
    try:
        request = Request(deadline=time.monotonic() + source.timeout, extras=frozenset())
        parts = tuple(reader.read(request))
        plan = reader.planned
    finally:
        reader.close()
    jobs = plan.jobs
    unmapped = found_states.unmapped(jobs)
    settings: dict[str, object] = {
        "engine": reader.engine,
        "table": _written(jobs.relation),
        "columns": _columns(jobs),
        **({"states": found_states.listed(jobs)} if unmapped else {}),
    }
    beside = {"events": plan.events, "heartbeats": plan.workers, "dead_letters": plan.dead_letters}
    settings |= {name: {"table": _written(found.relation)} for name, found in beside.items() if found}
    lanes = next((part.facts.lanes for part in parts if part.facts and part.facts.lanes is not None), {})
    return Proposal(
        settings=settings,
        missing=tuple(role for role in COLUMN_NAMES if role not in jobs.columns),
        lanes=tuple(sorted(lanes)),
        notices=plan.notices,
        states=found_states.example(unmapped) if unmapped else found_states.told(jobs),
    )


def _written(relation: Relation) -> str:
    """The name of a table as in SQL, quoted only where it must be."""
    parts = ((part, Identifier(part).as_string()) for part in (relation.schema, relation.name))
    return ".".join(part if _PLAIN.fullmatch(part) else quoted for part, quoted in parts)


def _columns(jobs: Layout) -> dict[str, str]:
    """Column names by role. Naming one column of errors would leave the others unread."""
    several = len(jobs.errors) > 1
    return {role: column.name for role, column in jobs.columns.items() if not (several and role == "error")}
