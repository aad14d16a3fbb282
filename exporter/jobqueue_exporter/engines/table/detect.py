"""Finds the jobs table of a database, and the tables that go with it."""

from __future__ import annotations

from dataclasses import dataclass

from jobqueue_exporter import dsn, engines
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.table import dead_letter_table, event_flows, worker_table
from jobqueue_exporter.engines.table.words import COLUMN_NAMES
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

_TABLES = """
SELECT n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), array_agg(a.attname::text),
       pg_table_is_visible(c.oid)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
GROUP BY c.oid, 1, 2, 3 ORDER BY 1, 2
"""

_MOST_SEEN = 20
_NAMES = ("jobs", "job", "job_queue", "queue_jobs", "background_jobs", "job_status", "tasks", "queue")
# What makes a table a queue: a state, and at least this many signs that rows are claimed, tried and dated.
_SIGNS = (
    "kind",
    "queue",
    "attempts",
    "run_at",
    "created_at",
    "started_at",
    "heartbeat_at",
    "worker",
    "error",
)
_ENOUGH_SIGNS = 3
COMPANIONS = ("events", "heartbeats", "dead_letters")
"""The keys of a source, and of `Found`, for the tables beside a jobs table."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A table that may be the jobs table; a higher score is a better one. One that is `claimed` is that of another
    engine by its name."""

    schema: str
    name: str
    sql: str
    columns: frozenset[str]
    on_path: bool
    claimed: bool = False

    @property
    def score(self) -> tuple[bool, bool, int]:
        """A usual name first, then a schema that is searched, then how many signs of a queue it has."""
        return (self.name.lower() in _NAMES, self.on_path, len(self.signs))

    @property
    def signs(self) -> tuple[str, ...]:
        """The roles for which it has a column of a usual name."""
        return tuple(role for role in _SIGNS if self.columns & set(COLUMN_NAMES[role]))


@dataclass(frozen=True, slots=True)
class Found:
    """The tables of a job engine, each by its SQL name; "" where there is none."""

    jobs: str
    events: str
    heartbeats: str
    dead_letters: str


def tables(session: Session) -> list[Candidate]:
    """All tables and views of the database that are not the system's."""
    claimed: frozenset[str] = frozenset().union(*engines.tables().values())
    return [
        Candidate(schema, name, sql, frozenset(columns), on_path, name in claimed)
        for schema, name, sql, columns, on_path in session.rows(_TABLES)
    ]


def jobs_table(session: Session, source: Source, found: list[Candidate]) -> str:
    """The SQL name of the jobs table: the one that is named, else the one that looks like it.

    Raises:
        Refused: none is named, and none looks like it or several do alike.
        psycopg.Error: the role could not be asked for.
    """
    if source.table:
        return source.table
    best = _best(found)
    if not best:
        seen = ", ".join(c.sql for c in found[:_MOST_SEEN]) + (", …" if len(found) > _MOST_SEEN else "")
        role = session.rows("SELECT current_user::text")[0][0]
        raise Refused(
            f"{dsn.parse(source.dsn).public()}: no table that role {role} can see there is one of jobs "
            f"(there are: {seen or 'no tables'}): is it the right database? else name the table under `table:` in "
            "jobqueue.yml"
        )
    if len(best) > 1:
        names = ", ".join(c.sql for c in best)
        raise Refused(f"several tables look like a jobs table ({names}): name yours under `table:` in jobqueue.yml")
    return best[0].sql


def takes(session: Session) -> tuple[str, ...]:
    """The SQL names of those that look most like a jobs table of a team's own, or have the name of one and a state.

    Raises psycopg.Error.
    """
    found = tables(session)
    named = [c for c in found if c.name.lower() in _NAMES and _has_state(c) and not c.claimed]
    return tuple(candidate.sql for candidate in _best(found) or named)


def owner(found: list[Candidate], schema: str) -> str:
    """The name of the one table of a schema whose companions the tables beside it must be; "" when several may
    have them."""
    best = _best([candidate for candidate in found if candidate.schema == schema])
    return best[0].name if len(best) == 1 else ""


def has_jobs(found: list[Candidate]) -> bool:
    """Whether any of these looks like a jobs table."""
    return any(map(_is_queue, found))


def companions(found: list[Candidate], schema: str, jobs: str) -> Found:
    """The events, heartbeat and dead-letter tables that stand in the same schema under their usual names."""
    here = {c.name: c for c in found if c.schema == schema}

    def usual(name: str, *columns: str) -> str:
        candidate = here.get(name)
        return candidate.sql if candidate and candidate.columns.issuperset(columns) else ""

    return Found(
        jobs=jobs,
        events=usual(event_flows.USUAL_NAME, "job_id", "stage", "created_at"),
        heartbeats=usual(worker_table.USUAL_NAME, "worker_id", "heartbeat_at"),
        dead_letters=usual(dead_letter_table.USUAL_NAME, "status", "created_at"),
    )


def _best(found: list[Candidate]) -> list[Candidate]:
    """The table that looks most like a jobs table; all that do, where several do so alike."""
    likely = [candidate for candidate in found if _is_queue(candidate)]
    most = max((candidate.score for candidate in likely), default=None)
    return [candidate for candidate in likely if candidate.score == most]


def _is_queue(candidate: Candidate) -> bool:
    companion = candidate.name in {
        event_flows.USUAL_NAME,
        worker_table.USUAL_NAME,
        dead_letter_table.USUAL_NAME,
    }
    return _has_state(candidate) and not companion and not candidate.claimed and len(candidate.signs) >= _ENOUGH_SIGNS


def _has_state(candidate: Candidate) -> bool:
    return bool(candidate.columns & set(COLUMN_NAMES["state"]))
