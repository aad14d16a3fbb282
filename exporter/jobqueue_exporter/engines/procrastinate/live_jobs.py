"""The core of a reading: counts and ages of live jobs, never looking at one that has succeeded."""

from __future__ import annotations

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.procrastinate import failed, milestones, running, waiting
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.engines.sql import clock
from jobqueue_exporter.engines.sql.tally import Tally
from jobqueue_exporter.model import Facts, State
from jobqueue_exporter.sources.postgres import Session

# Those that are waiting are read together, so that they reach a cap together.
_WAITING = frozenset({State.PENDING, State.SCHEDULED, State.RETRYING, State.BLOCKED})


def read(session: Session, schema: Schema, source: Source, *, bounded: bool) -> Facts:
    """Counts and ages by lane. `bounded` readings stop at the cap; without, all are read. Raises psycopg.Error."""
    time = clock.read(session)
    dated = frozenset({State.PENDING, State.RUNNING}) if schema.events else frozenset[State]()
    tally = Tally(time.snapshot, schema.jobs.name, schema.told, dated, schema.tells_stuck)
    cap = source.count_cap if bounded else None
    found = waiting.read(session, schema, cap)
    for row in (*found.rows, *session.rows(running.query(schema, source.lease, cap))):
        tally.add(row)
    if schema.finds_failed:
        for row in session.rows(failed.query(schema, source.count_cap)):
            tally.add(row)
    counts = dict.fromkeys(_WAITING, found.read) | {
        state: tally.read.get(state, 0) for state in (State.RUNNING, State.DEAD_LETTER)
    }
    return Facts(
        lanes=tally.lanes(),
        empty_lane=tally.empty(),
        capped={state: counts[state] > source.count_cap for state in State if state in schema.told},
        version=milestones.version(schema.marks),
        clock=time.now,
        lag_seconds=time.lag_seconds,
    )
