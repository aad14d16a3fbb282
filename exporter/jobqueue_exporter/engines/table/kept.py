"""What was once recognised is kept to: a table that is altered must not give its numbers another meaning."""

from __future__ import annotations

import msgspec

from jobqueue_exporter.config.types import DeadLetterTable, Source
from jobqueue_exporter.engines.sql.relation import Relation
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.errors import Refused

# What jobs are told apart by. Without run_at, say, a job of next week counts as pending.
TELLING = ("queue", "kind", "attempts", "run_at")


def to(before: Plan | None, source: Source) -> Source:
    """The source with the tables that were recognised in it before, as if they had been configured.

    Whether dead jobs are in a table of their own is among it, else each death could move them.
    """
    if before is None:
        return source
    graves = before.dead_letters
    kept = source.dead_letters
    if kept is None:
        kept = DeadLetterTable(table=graves.relation.sql) if graves else False
    return msgspec.structs.replace(source, table=source.table or before.jobs.relation.sql, dead_letters=kept)


def check(before: Plan | None, now: Plan) -> None:
    """Raises Refused when the table has lost a column that its jobs were told apart by."""
    if before is None or before.jobs.relation.oids != now.jobs.relation.oids:
        return
    lost = {
        role: before.jobs.columns[role].name for role in TELLING if before.jobs.has(role) and not now.jobs.has(role)
    }
    if lost:
        what = " and ".join(f"column {name} {_why(name, now.jobs.relation)}" for name in lost.values())
        roles = " and ".join(f"columns.{role}" for role in lost)
        raise Refused(
            f"{what} in {now.jobs.relation.label}, which told its jobs apart: put it back, name another under {roles}, "
            "or start the exporter again to do without"
        )


def _why(name: str, relation: Relation) -> str:
    if name in relation.denied:
        return "may not be read any more"
    return "is of another type now" if name in relation.columns else "is gone"
