"""A source's configuration as we would write it, from a look at its database."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.engines.table.reader import TableReader
from jobqueue_exporter.engines.table.words import COLUMN_NAMES
from jobqueue_exporter.model import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Keys and values of a source in jobqueue.yml, the roles that no column plays, lanes and notices."""

    settings: Mapping[str, object]
    missing: tuple[str, ...]
    lanes: tuple[Lane, ...]
    notices: tuple[str, ...]


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
    settings: dict[str, object] = {
        "engine": reader.engine,
        "table": jobs.relation.label,
        "columns": {role: column.name for role, column in jobs.columns.items()},
        "states": {meaning: list(words) for meaning, words in jobs.states.items() if words},
    }
    beside = {"events": plan.events, "heartbeats": plan.workers, "dead_letters": plan.dead_letters}
    settings |= {name: {"table": found.relation.label} for name, found in beside.items() if found}
    lanes = next((part.facts.lanes for part in parts if part.facts and part.facts.lanes is not None), {})
    return Proposal(
        settings=settings,
        missing=tuple(role for role in COLUMN_NAMES if role not in jobs.columns),
        lanes=tuple(sorted(lanes)),
        notices=plan.notices,
    )
