"""The least that a role needs to read a jobs table, as SQL for an administrator to run."""

from __future__ import annotations

from dataclasses import replace

from msgspec import UNSET
from psycopg.sql import Literal

from jobqueue_exporter.config.types import Columns, Source
from jobqueue_exporter.engines.sql import grants, missing
from jobqueue_exporter.engines.sql.grants import Table
from jobqueue_exporter.engines.table import detect
from jobqueue_exporter.engines.table.words import COLUMN_NAMES
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

# The name is looked up in the catalog, since to_regclass fails in a schema that the role may not use.
_TABLE = """
SELECT n.nspname::text, c.relname::text,
       c.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = {policy}),
       array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
CROSS JOIN parse_ident({name}) AS part
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = part[array_length(part, 1)]
  AND CASE WHEN array_length(part, 1) = 2 THEN n.nspname = part[1] ELSE pg_table_is_visible(c.oid) END
GROUP BY c.oid, 1, 2, 3
"""


def tables(session: Session, source: Source) -> tuple[Table, ...]:
    """The tables of the source, with the columns that we read; what `by_use` raises."""
    return tuple(by_use(session, source).values())


def by_use(session: Session, source: Source) -> dict[str, Table]:
    """The same by what they are for: `jobs`, and detect.COMPANIONS as far as there are any.

    Works for a role that may read nothing yet: only the catalog is looked at.

    Raises:
        Refused: there is no jobs table, or it has no state.
        psycopg.Error: the catalog could not be read.
    """
    candidates = detect.tables(session)
    jobs = _described(session, detect.jobs_table(session, source, candidates))
    read = {role: names(source.columns, role) for role in COLUMN_NAMES}
    if not set(read["state"]).intersection(jobs.columns):
        raise Refused(f"{jobs.schema}.{jobs.name} has no state column: there is nothing that a role should read")
    kept = frozenset().union(*read.values())
    beside = detect.companions(candidates, jobs.schema, jobs.sql)
    wanted = {key: (getattr(source, key), getattr(beside, key)) for key in detect.COMPANIONS}
    called = {key: asked.table if asked else usual for key, (asked, usual) in wanted.items() if asked is not False}
    return {
        "jobs": replace(jobs, columns=[column for column in jobs.columns if column in kept]),
        **{key: _described(session, name) for key, name in called.items() if name},
    }


def _described(session: Session, name: str) -> Table:
    """A table and all its columns but payloads: what jobs carry is nothing to us."""
    policy = Literal(grants.policy_name(grants.ROLE)).as_string()
    rows = session.rows(_TABLE.format(name=Literal(name).as_string(), policy=policy))
    if not rows:
        raise missing.not_there(session, name)
    schema, table, secured, columns = rows[0]
    without = [column for column in columns if "payload" not in column and column not in ("data", "result")]
    return Table(schema, table, secured, without)


def names(configured: Columns, role: str) -> tuple[str, ...]:
    """The columns that may play a role, the preferred one first."""
    name = getattr(configured, role)
    return COLUMN_NAMES[role] if name is UNSET else (name,) if name else ()
