"""Why a relation cannot be read at all, and the way out."""

from __future__ import annotations

from psycopg.sql import Identifier, Literal

from jobqueue_exporter.errors import Refused
from jobqueue_exporter.sources.postgres import Session

_NAMESAKES = """
SELECT format('%I.%I', n.nspname, c.relname), has_schema_privilege(n.oid, 'USAGE'), n.nspname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_(toast|temp_)'
  AND c.relname = (parse_ident({name}))[array_length(parse_ident({name}), 1)]
ORDER BY 1 LIMIT 10
"""


def not_there(session: Session, name: str) -> Refused:
    """That there is no relation of this name, and in which schemas there is one. Raises psycopg.Error."""
    found = session.rows(_NAMESAKES.format(name=Literal(name).as_string()))
    usable = [table for table, may_use, _ in found if may_use]
    if usable:
        return Refused(f"there is no table {name}, but there is {' and '.join(usable)}: write its name so")
    if found:
        table, _, schema = found[0]
        grant = f"GRANT USAGE ON SCHEMA {Identifier(schema).as_string()} TO {Identifier(_role(session)).as_string()}"
        return Refused(
            f"there is no table {name}, but there is {table} in a schema that this role may not use: run `{grant}`, "
            "and write its name so if it is the one"
        )
    return Refused(
        f"there is no table {name} (or it is in another schema, or in one that this role may not use: "
        "write it as schema.table)"
    )


def not_readable(session: Session, schema: str, table: str) -> Refused:
    """That the role may read no column of this relation. Raises psycopg.Error."""
    grant = f"GRANT SELECT ON {Identifier(schema, table).as_string()} TO {Identifier(_role(session)).as_string()}"
    return Refused(f"permission denied for table {table}: run `{grant}`")


def _role(session: Session) -> str:
    return str(session.rows("SELECT current_user::text")[0][0])
