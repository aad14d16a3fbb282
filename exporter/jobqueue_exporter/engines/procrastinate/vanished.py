"""Whether workers delete the rows of finished jobs, and their events with them: then nothing can be counted."""

from __future__ import annotations

from jobqueue_exporter.engines.procrastinate.deletions import Deletions
from jobqueue_exporter.engines.procrastinate.schema import Schema
from jobqueue_exporter.model import Flow, FlowWindow
from jobqueue_exporter.sources.postgres import Session

# So many live jobs, whichever are found first.
WATCHED = 100
_NOTICE = (
    "jobs vanish when they end (delete_jobs is not never), and their events with them: what was enqueued, finished "
    "and waited for cannot be told"
)


class Vanished:
    """Watches some live jobs from one count of flows to the next, and what Postgres counts of events, since short
    jobs come and go in between. What it has seen once it holds to."""

    def __init__(self) -> None:
        self.seen = False
        self._deletions = Deletions()
        self._running: frozenset[int] = frozenset()
        self._waiting: frozenset[int] = frozenset()

    @property
    def notices(self) -> tuple[str, ...]:
        """What to say of it."""
        return (_NOTICE,) if self.seen else ()

    def look(self, session: Session, schema: Schema, window: FlowWindow) -> None:
        """See what became of the jobs that were watched, and choose others.

        Only the end of a job deletes one that runs. One that waits is deleted also by who cancels it, so that is
        a sign only where no job is known to have succeeded.

        Raises psycopg.Error.
        """
        watched = self._running | self._waiting
        gone = watched - self._there(session, schema, watched) if watched else frozenset[int]()
        succeeded = any(count.flow is Flow.COMPLETED for count in window.counts)
        self.seen = self.seen or bool(gone & self._running) or (bool(gone) and not succeeded)
        if not self.seen and schema.events is not None:
            self.seen = self._deletions.seen(session, schema.events, succeeded=succeeded)
        rows = session.rows(
            f"SELECT id, status <> 'todo' FROM {schema.jobs.sql}\n"
            f"WHERE status IN ('todo', {schema.running}) LIMIT {WATCHED}"
        )
        self._running = frozenset(job for job, running in rows if running)
        self._waiting = frozenset(job for job, running in rows if not running)

    def told(self, window: FlowWindow) -> FlowWindow:
        """The window, of no flow where jobs vanish."""
        return window if not self.seen else FlowWindow(start=window.start, end=window.end, tells=frozenset(), counts=())

    def _there(self, session: Session, schema: Schema, jobs: frozenset[int]) -> frozenset[int]:
        listed = ", ".join(map(str, sorted(jobs)))
        return frozenset(job for (job,) in session.rows(f"SELECT id FROM {schema.jobs.sql} WHERE id IN ({listed})"))
