"""What the catalog says of procrastinate's tables, and so what can be told of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.engines.procrastinate import milestones
from jobqueue_exporter.engines.procrastinate.milestones import Marks
from jobqueue_exporter.engines.procrastinate.namespace import EVENTS, JOBS, WORKERS, namespace
from jobqueue_exporter.engines.sql import relation
from jobqueue_exporter.engines.sql.relation import Relation
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.postgres import Session

# A table of that many bytes is read whole in about a millisecond.
SMALL_BYTES = 1 << 20
NEEDED: Mapping[str, tuple[str, ...]] = {
    JOBS: ("id", "queue_name", "task_name", "status", "scheduled_at", "attempts"),
    EVENTS: ("id", "job_id", "type", "at"),
    WORKERS: ("id", "last_heartbeat"),
}
_FAILED_ONLY = re.compile(r"^\(status = 'failed'::[^()]+\)$")
_FUNCTIONS = """
SELECT p.proname::text, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = {schema} AND starts_with(p.proname::text, 'procrastinate_')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """procrastinate's tables as this role sees them.

    `events` and `workers` are None where they cannot be read; `problems` say why, by table, unless the schema is
    too old to have them.
    """

    jobs: Relation
    events: Relation | None
    workers: Relation | None
    marks: Marks
    small: bool
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """All tables that are read."""
        return tuple(found for found in (self.jobs, self.events, self.workers) if found is not None)

    @property
    def running(self) -> str:
        """The statuses of claimed jobs, as a list in SQL; old releases have a second one, and an index with it."""
        aborting = any("'aborting'" in index.predicate for index in self.jobs.indexes)
        return "'doing', 'aborting'" if aborting else "'doing'"

    @property
    def misses_aborting(self) -> bool:
        """Whether running jobs may be in a status that no index finds."""
        newer = {"abort_requested", "worker_id"} & self.marks.columns
        return "aborting" in self.marks.statuses and not newer and self.running == "'doing'"

    @property
    def lock_order(self) -> str | None:
        """In which order the live jobs of a lock go, by the engine's own rule; None where that is not known."""
        if "lock" not in self.jobs.columns:
            return None
        if self.marks.by_priority and "priority" in self.jobs.columns:
            return "status = 'todo', priority DESC, id"
        return "id" if self.marks.by_age else None

    @property
    def finds_failed(self) -> bool:
        """Whether failed jobs can be found without reading many finished ones."""
        return self.small or self.indexes_failed

    @property
    def indexes_failed(self) -> bool:
        """Whether an index finds failed jobs."""
        return any(
            _FAILED_ONLY.match(index.predicate) or (not index.predicate and index.keys[:1] == ("status",))
            for index in self.jobs.indexes
        )

    @property
    def tells_stuck(self) -> bool:
        """Whether running jobs lead to the heartbeat of their worker."""
        return self.workers is not None and "worker_id" in self.jobs.columns

    @property
    def told(self) -> frozenset[State]:
        """The states in which jobs can be counted."""
        hidden = {State.BLOCKED: self.lock_order is None, State.DEAD_LETTER: not self.finds_failed}
        return frozenset(state for state in State if not hidden.get(state))

    @property
    def retry(self) -> str | None:
        """The function that gives a failed job back, as it is called; None before 3.4."""
        return self.function("procrastinate_retry_job_v2")

    @property
    def retry_running(self) -> str | None:
        """The function that gives a running job back."""
        return self.retry or self.function("procrastinate_retry_job_v1")

    def function(self, name: str) -> str | None:
        """The quoted name of one of its functions; None when it is not there."""
        return Identifier(self.jobs.schema, name).as_string() if name in self.marks.functions else None

    def event(self, *words: str) -> str:
        """These kinds of event, as a list in SQL; those that this release does not know are left out."""
        known = [Literal(word).as_string() for word in words if word in self.marks.events]
        return ", ".join(known) or "NULL"


def read(session: Session, wanted: str | None) -> Schema:
    """The tables of the `wanted` schema, or of the one that is found.

    Raises:
        Refused: there is no jobs table, it lacks a column, or its rows are hidden from us.
        psycopg.Error: the catalog could not be read.
    """
    schema = namespace(session, wanted)
    jobs = _usable(session, schema, JOBS)
    bodies = session.rows(_FUNCTIONS.format(schema=Literal(schema).as_string()))
    problems: dict[str, str] = {}
    events = _companion(session, schema, EVENTS, problems)
    workers = _companion(session, schema, WORKERS, problems)
    marks = Marks(
        columns=frozenset({*jobs.columns, *jobs.denied}),
        statuses=frozenset(jobs.columns["status"].labels),
        events=frozenset(events.columns["type"].labels if events else ()),
        functions={str(name): str(body) for name, body in bodies},
        workers=workers is not None or _there(session, schema, WORKERS),
    )
    if "worker_id" not in marks.columns and not marks.workers:
        del problems[WORKERS]
    small = int(session.rows(f"SELECT pg_relation_size({jobs.oids[0]})")[0][0] or 0) <= SMALL_BYTES
    return Schema(jobs=jobs, events=events, workers=workers, marks=marks, small=small, problems=problems)


def notices(schema: Schema) -> tuple[str, ...]:
    """What a reader of the numbers should know."""
    found = list(schema.problems.values())
    if lacking := milestones.missing(schema.marks):
        found.append(
            f"procrastinate's tables in {schema.jobs.schema} are half migrated ({milestones.version(schema.marks)}), "
            f"without {', '.join(lacking)}: apply its remaining migrations"
        )
    if denied := [name for name in ("lock", "priority", "worker_id") if name in schema.jobs.denied]:
        found.append(_denied(schema.jobs, denied))
    if schema.lock_order is None:
        found.append("jobs that wait for a lock cannot be told and count as pending: its rule for locks is not known")
    if schema.misses_aborting:
        found.append("running jobs that are being aborted are not counted: no index of this release finds them")
    if not schema.finds_failed:
        found.append("dead letters cannot be told: no index finds failed jobs; `jobqueue doctor` prints one")
    return tuple(found)


def _usable(session: Session, schema: str, name: str) -> Relation:
    """The table with all that we need of it. Raises Refused."""
    found = relation.describe(session, Identifier(schema, name).as_string())
    if denied := [column for column in NEEDED[name] if column in found.denied]:
        raise Refused(_denied(found, denied))
    if lacking := [column for column in NEEDED[name] if column not in found.columns]:
        raise Refused(
            f"{found.label} has no column {' and '.join(lacking)}: it is half migrated, or not a table of "
            "procrastinate; apply its remaining migrations"
        )
    if found.hidden:
        raise Refused(found.hidden)
    return found


def _denied(table: Relation, columns: Sequence[str]) -> str:
    return f"column {' and '.join(columns)} of {table.label} may not be read: `jobqueue sql role` grants it"


def _companion(session: Session, schema: str, name: str, problems: dict[str, str]) -> Relation | None:
    try:
        return _usable(session, schema, name)
    except Refused as error:
        problems[name] = str(error)
        return None


def _there(session: Session, schema: str, name: str) -> bool:
    table = Literal(Identifier(schema, name).as_string()).as_string()
    return session.rows(f"SELECT to_regclass({table}) IS NOT NULL")[0][0] is True
