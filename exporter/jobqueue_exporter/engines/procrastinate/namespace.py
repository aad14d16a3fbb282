"""Which schema of Postgres holds procrastinate's tables."""

from __future__ import annotations

from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

JOBS = "procrastinate_jobs"
EVENTS = "procrastinate_events"
WORKERS = "procrastinate_workers"

_NAMESPACES = f"""
SELECT n.nspname::text, array_position(current_schemas(false), n.nspname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = '{JOBS}' AND c.relkind IN ('r', 'p', 'v')
ORDER BY 2 NULLS LAST, 1
"""


def namespace(session: Session, wanted: str | None) -> str:
    """The name of the schema: the `wanted` one, else the first of the search path, else the only one.

    Raises:
        Refused: there is none, or there are several and no reason to take one.
        psycopg.Error: the catalog could not be read.
    """
    found = session.rows(_NAMESPACES)
    names = [name for name, _ in found]
    if wanted is not None:
        if wanted not in names:
            raise Refused(f"there is no table {JOBS} in schema {wanted}: {_where(names)}")
        return wanted
    if not names:
        raise Refused(f"there is no table {JOBS} in this database: run `procrastinate schema --apply`")
    if len(names) > 1 and found[0][1] is None:
        raise Refused(f"several schemas hold {JOBS}: {', '.join(names)}; name one as schema")
    return str(names[0])


def _where(names: list[str]) -> str:
    if not names:
        return "nor is there one in any other; run `procrastinate schema --apply`"
    return f"it is in {', '.join(names)}; set schema to that, or leave it out"
