"""Whether events vanish soon after they were written, by what Postgres counts of their table."""

from __future__ import annotations

from dataclasses import dataclass

from jobqueue_exporter.engines.sql.relation import Relation
from jobqueue_exporter.sources.postgres import Session

# More new events than this are not counted: of such a reading nothing is concluded.
_MOST_COUNTED = 100_000
# A session may tell Postgres that much later what it has written: what was new at the last look may be counted now.
_LATE_SECONDS = 60
# With less than this share gone, somebody may have called off a few jobs.
_LEAST_SHARE = 0.25
# Of readings one after the other, where other jobs are known to have succeeded.
_SIGNS = 3

_COUNTED = """
SELECT coalesce(pg_stat_get_tuples_inserted({oid}), 0), coalesce(pg_stat_get_tuples_deleted({oid}), 0),
       (SELECT coalesce(max(id), 0) FROM {events}),
       coalesce((SELECT id FROM {events} WHERE at < now() - interval '{late} s' AND type <> 'scheduled'
                 ORDER BY id DESC LIMIT 1), 0)
"""
_PRESENT = "SELECT count(*) FROM (SELECT FROM {events} WHERE id > {above} LIMIT {most}) AS present"


@dataclass(frozen=True, slots=True)
class _Counted:
    """Events ever written and ever deleted, the newest id, and one of which Postgres surely knew."""

    written: int
    deleted: int
    newest: int
    known: int


class Deletions:
    """Compares what was written between two looks with what is there of it. Ids alone do not tell: they are spent
    also by what is never committed, and not to be seen once the newest events are gone."""

    def __init__(self) -> None:
        self._before: _Counted | None = None
        self._signs = 0

    def seen(self, session: Session, events: Relation, *, succeeded: bool) -> bool:
        """Whether new events are gone. `succeeded` says that some jobs are known to have ended well, and so were not
        deleted: then more than one sign is wanted, since somebody may delete a few jobs, or very old ones.

        Raises psycopg.Error.
        """
        counted = _Counted(*session.rows(_COUNTED.format(oid=events.oids[0], events=events.sql, late=_LATE_SECONDS))[0])
        before, self._before = self._before, counted
        if before is None or counted.newest < before.newest or counted.deleted <= before.deleted:
            gone = 0.0
        else:
            gone = _share_gone(session, events, before, counted)
        self._signs = self._signs + 1 if gone > _LEAST_SHARE else 0
        return self._signs >= _SIGNS or (gone > 0 and not succeeded)


def _share_gone(session: Session, events: Relation, before: _Counted, now: _Counted) -> float:
    """How many of the events written since are not there any more, of 1."""
    written = now.written - before.written
    query = _PRESENT.format(events=events.sql, above=before.known, most=_MOST_COUNTED)
    present = int(session.rows(query)[0][0])
    if written <= 0 or present >= _MOST_COUNTED:
        return 0.0
    return max(0.0, (written - present) / written)
