"""The tables of a plan in which single jobs are found."""

from __future__ import annotations

from dataclasses import dataclass

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.causes import Causes, causes
from jobqueue_exporter.engines.operations import Job, Wanted
from jobqueue_exporter.engines.table import arrangement, dead_letter_rows, job_rows, reversal
from jobqueue_exporter.engines.table.dead_letter_table import STATES
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.engines.table.segments import Segment
from jobqueue_exporter.engines.table.shelf import Shelf, job
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import State
from jobqueue_exporter.sources.postgres import Row, Session


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The shelf of the jobs table, and that of a table of dead jobs where one is read."""

    plan: Plan
    jobs: Shelf
    dead: Shelf | None
    rules: Causes

    @property
    def queue(self) -> str:
        """The queue of jobs that have none."""
        return self.plan.jobs.relation.name

    @property
    def shelves(self) -> tuple[Shelf, ...]:
        """Where a job of which only the id is known is looked for, in this order."""
        return (self.jobs, self.dead) if self.dead else (self.jobs,)

    def job(self, row: Row) -> Job:
        """The job of a row of `Shelf.columns`."""
        return job(row, self.queue, self.rules)

    def segments(self, session: Session, wanted: Wanted) -> list[Segment]:
        """The stretches in which all that is wanted lies.

        Raises:
            Refused: what is asked of the jobs cannot be told of any.
            psycopg.Error: the lanes could not be asked for.
        """
        layout, graves = self.plan.jobs, self.plan.dead_letters
        self._check(wanted)
        found: list[Segment] = []
        if wanted.recovery is None and not (wanted.state is State.DEAD_LETTER and graves is not None):
            found += arrangement.of_jobs(session, layout, self.jobs, wanted, walks=self.plan.walks)
        recovery = wanted.recovery or STATES.get(wanted.state)
        if graves is not None and self.dead is not None and recovery is not None:
            found += arrangement.of_dead_letters(graves, self.dead, recovery)
        return reversal.newest_first(found) if wanted.newest else found

    def _check(self, wanted: Wanted) -> None:
        label = self.plan.jobs.relation.label
        if wanted.recovery is not None and self.dead is None:
            raise Refused(
                f"recovery {wanted.recovery} is told by a table of dead jobs, and none is read beside {label}: name it "
                "under dead_letters"
            )
        if wanted.older_than is not None and wanted.recovery is None and wanted.state not in self.plan.dated_states:
            raise Refused(
                f"since when jobs of {label} are {wanted.state} cannot be told: ask for them whatever their age"
            )
        if wanted.stuck is not None and not self.plan.jobs.has("heartbeat_at"):
            raise Refused(
                f"which running jobs of {label} are stuck cannot be told, since no column says when their workers last "
                "beat: name it under columns.heartbeat_at"
            )


def catalogue(plan: Plan, source: Source) -> Catalogue:
    """Where the jobs of a plan are found. Raises Refused when they cannot be told apart."""
    graves = plan.dead_letters
    return Catalogue(
        plan,
        job_rows.shelf(plan.jobs, source.lease, dead_elsewhere=graves is not None),
        dead_letter_rows.shelf(graves, source) if graves else None,
        causes(source.causes),
    )
