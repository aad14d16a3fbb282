"""Dead jobs of a table of their own that start anew: in the jobs table where it holds them, else by their owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.operations import Change, Order
from jobqueue_exporter.engines.table import job_changes, job_transitions, named_jobs, transition, write_rights
from jobqueue_exporter.engines.table.change_texts import moved_to
from jobqueue_exporter.engines.table.grave_transitions import Graves, moved
from jobqueue_exporter.engines.table.layout import Layout
from jobqueue_exporter.engines.table.left_alone import plain
from jobqueue_exporter.engines.table.named_jobs import Named
from jobqueue_exporter.engines.table.plan import Plan
from jobqueue_exporter.engines.table.transition import ALIAS, Outcome
from jobqueue_exporter.engines.table.words import FAILED
from jobqueue_exporter.model import RecoveryState, State
from jobqueue_exporter.sources.postgres import Session

_LIVE = "live"
_NOWHERE = (None, "", False)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A row that waits for a person, and is ours now: its word, and the job that it tells of where the jobs table
    holds it; `over` when that has failed for good."""

    word: str
    job_id: str | None
    job_word: str
    over: bool


@dataclass(frozen=True, slots=True)
class GraveRequeue:
    """One call of requeue on a table of dead jobs."""

    session: Session
    plan: Plan
    found: Graves
    source: Source
    order: Order
    named: Named

    def changes(self) -> dict[int, Change]:
        """What became of the rows that wait, by the place of the id. Raises SourceError and psycopg.Error."""
        if not self.named.fit:
            return {}
        scheduled, note = moved(self.session, self.found, RecoveryState.RETRY_SCHEDULED)
        write_rights.check(self.session, scheduled)
        opened = self._opened()
        linked = {place: one for place, one in opened.items() if one.job_id is not None}
        lonely = self.named.only([place for place in opened if place not in linked])
        told = {place: self._scheduled(place, one, note) for place, one in self._run(scheduled, lonely).items()}
        return told | (self._started_anew(linked) if linked else {})

    def _run(self, wanted: transition.Transition, named: Named) -> dict[int, Outcome]:
        if not named.fit:
            return {}
        return (transition.foreseen if self.order.dry_run else transition.run)(self.session, wanted, named)

    def _opened(self) -> dict[int, _Opened]:
        """The rows of these ids that wait, locked unless this is a dry run, each with its job."""
        wanted = self.found.removal
        lock = "" if self.order.dry_run else f"FOR NO KEY UPDATE OF {ALIAS} SKIP LOCKED"
        rows = self.session.rows(
            f"SELECT asked.n, {wanted.state.sql}::text, {self.found.job_id}\n"
            f"FROM {self.named.asked(wanted.id)} JOIN {wanted.joined}\nWHERE {wanted.condition} {lock}"
        )
        jobs = self._jobs([job_id for _, _, job_id in rows if job_id is not None])
        return {n: _Opened(word, *jobs.get(job_id, _NOWHERE)) for n, word, job_id in rows}

    def _jobs(self, texts: Sequence[str]) -> dict[str, tuple[str, str, bool]]:
        """Of these ids those that the jobs table holds, each with the id as that writes it, the word of its state, and
        whether it is over. Ids are compared in the type of its column, as its primary key serves them."""
        if not texts or not self.plan.jobs.has("id"):
            return {}
        live = self.plan.jobs.aliased(_LIVE)
        named = named_jobs.named(self.session, live.columns["id"], texts)
        if not named.fit:
            return {}
        rows = self.session.rows(
            f"SELECT asked.n, {live.text('id')}, coalesce({live.text('state')}, ''), coalesce({_over(live)}, false)\n"
            f"FROM {named.asked(live.columns['id'])}\n"
            f"JOIN {live.relation.sql} AS {_LIVE} ON {live.columns['id'].sql} = asked.id"
        )
        found = {n: (job_id, word, over) for n, job_id, word, over in rows}
        places = ((text, named.twins.get(place, place)) for place, text in enumerate(named.ids))
        return {text: found[place] for text, place in places if place in found}

    def _scheduled(self, place: int, outcome: Outcome, note: str) -> Change:
        """A row whose job only the application itself can start."""
        if outcome.why_not:
            return self._left(place, outcome.was, outcome.why_not)
        how = moved_to(outcome.was, outcome.now, dry_run=self.order.dry_run)
        return Change(self.named.ids[place], True, f"{how}: the application's own retry takes it from there{note}")

    def _started_anew(self, linked: dict[int, _Opened]) -> dict[int, Change]:
        """Rows whose job the jobs table holds: the job is requeued there, and the row says that it is recovered."""
        jobs = self.plan.jobs.aliased(ALIAS)
        prepared = job_transitions.requeued(self.session, jobs, self.source, _over(jobs))
        recovery, note = moved(self.session, self.found, RecoveryState.RECOVERED)
        write_rights.check(self.session, prepared.transition)
        ids = tuple(
            (linked[place].job_id or "") if place in linked else text for place, text in enumerate(self.named.ids)
        )
        outcomes = self._run(prepared.transition, Named(ids, tuple(linked)))
        done = [place for place, one in outcomes.items() if not one.why_not]
        # They are locked by us already.
        marked = self._run(recovery, self.named.only(done))
        audited = not self.order.dry_run and job_changes.audited_by(
            self.session, self.plan, self.order, [outcomes[place] for place in done]
        )
        return {
            place: replace(
                self._anew(place, one, outcomes.get(place), marked.get(place), prepared.note + note),
                audited=audited and place in done,
            )
            for place, one in linked.items()
        }

    def _anew(self, place: int, opened: _Opened, job: Outcome | None, row: Outcome | None, note: str) -> Change:
        where = f"its job in {self.plan.jobs.relation.label}"
        if job is not None and job.why_not:
            return self._left(place, opened.word, f"{where}: {job.why_not}")
        if job is None and opened.over:
            return self._left(place, opened.word, f"{where} is locked by another transaction: left alone")
        if job is None:
            return self._left(place, opened.word, f"{where} is {plain(opened.job_word)}, not dead: left alone")
        started = f"{where} was {plain(job.was)}, and is {plain(job.now)} now"
        if self.order.dry_run:
            started = f"{where} is {plain(job.was)}, and would be {plain(job.now)}"
        here = "" if row is None or row.why_not else f"; here {moved_to(row.was, row.now, dry_run=self.order.dry_run)}"
        elsewhere = job.id if job.id != self.named.ids[place] else ""
        return Change(self.named.ids[place], True, started + here + note, moved_to=elsewhere)

    def _left(self, place: int, word: str, why: str) -> Change:
        return Change(self.named.ids[place], False, why, State.DEAD_LETTER, word)


def _over(jobs: Layout) -> str:
    """The condition that a job has failed for good: it is dead, or has failed and ended."""
    failed = [word for word in jobs.states["retry"] if word.lower() in FAILED]
    if not failed or not jobs.has("finished_at"):
        return jobs.state_is("dead_letter")
    ended = f"{jobs.columns['state'].is_one_of(failed)} AND {jobs.columns['finished_at'].sql} IS NOT NULL"
    return f"({jobs.state_is('dead_letter')} OR {ended})"
