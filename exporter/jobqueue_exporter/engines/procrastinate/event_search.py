"""Where in the table of events a moment lies: its only order is that of its ids."""

from __future__ import annotations

from dataclasses import dataclass

from jobqueue_exporter.engines.sql.relation import Relation
from jobqueue_exporter.sources.postgres import Session

# Fewer events than this are read rather than searched.
NEAR = 500

# Halves the range of ids by one index probe a step. An event of sort `scheduled` is dated by when its job is due.
_SEARCH = """
WITH RECURSIVE newest AS (SELECT coalesce(max(id), 0) AS id FROM {events}),
search(low, high, step) AS (
  SELECT CASE WHEN {low} <= newest.id THEN {low}::bigint ELSE 0 END, newest.id + 1, 0 FROM newest
  UNION ALL
  SELECT CASE WHEN probe.at < to_timestamp({before}) THEN probe.id ELSE s.low END,
         CASE WHEN probe.at < to_timestamp({before}) THEN s.high ELSE s.middle END, s.step + 1
  FROM (SELECT low, high, (low + high) / 2 AS middle, step FROM search WHERE high - low > {near}) AS s
  LEFT JOIN LATERAL (
    SELECT e.id, e.at FROM {events} AS e
    WHERE e.id >= s.middle AND e.id < s.high AND e.type <> 'scheduled' AND e.at IS NOT NULL
    ORDER BY e.id LIMIT 1) AS probe ON true
)
SELECT low FROM search ORDER BY step DESC LIMIT 1
"""


@dataclass(slots=True)
class EventSearch:
    """Finds ids by time, from where it last found one."""

    low: int = 0
    before: float = 0.0

    def last_before(self, session: Session, events: Relation, moment: float, late_commit: float) -> int:
        """An id below those of all events since `moment` (Unix seconds), and not far below.

        The time of an event is when its transaction began, and its id was drawn later, by no more than
        `late_commit` seconds: one that is older than both together was written before `moment`.

        Raises psycopg.Error.
        """
        before = moment - late_commit
        low = self.low if before >= self.before else 0
        query = _SEARCH.format(events=events.sql, low=low, before=repr(before), near=NEAR)
        self.low, self.before = int(session.rows(query)[0][0]), before
        return self.low
