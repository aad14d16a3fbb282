"""Changes jobs by the engine's own library, each in a transaction that fails when the job has moved on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import redis

from jobqueue_exporter.engines.bullmq import deeds, judgement, places
from jobqueue_exporter.engines.bullmq.judgement import Case
from jobqueue_exporter.engines.bullmq.kept import Look
from jobqueue_exporter.engines.bullmq.keys import Keys
from jobqueue_exporter.engines.bullmq.library import Moved, Opened, Unsure
from jobqueue_exporter.engines.bullmq.listing import Open
from jobqueue_exporter.engines.operations import Change, Operation, Order
from jobqueue_exporter.errors import SourceError
from jobqueue_exporter.sources.redis_errors import explained, said

_TRIES = 3
_UNSURE = "the connection broke while this was being committed: look whether it was"


@dataclass(frozen=True, slots=True)
class Changes:
    """An order carried out on jobs of one source. `open` gives a session for looks at them, `address` is theirs."""

    look: Look
    open: Open
    order: Order
    address: str

    def foretold(self, ids: Sequence[str]) -> Iterator[Change]:
        """What would become of these jobs. Raises SourceError."""
        known = self._cases(ids)
        for job_id in ids:
            case = known.get(job_id)
            left = self._left(job_id, case)
            yield left or Change(job_id, True, deeds.foretold(known[job_id], self.order.operation))

    def made(self, ids: Sequence[str], library: Opened) -> Iterator[Change]:
        """What became of these jobs, one after the other. Raises SourceError."""
        known = self._cases(ids)
        for job_id in ids:
            change = self._left(job_id, known.get(job_id))
            if change:
                yield change
                continue
            try:
                change = self._tried(job_id, known[job_id], library)
            except Unsure as error:
                yield Change(job_id, None, _UNSURE)
                raise self._lost(error.__cause__ or error) from error
            except (redis.RedisError, OSError) as error:
                raise self._lost(error) from error
            yield change

    def _cases(self, ids: Sequence[str]) -> dict[str, Case]:
        with self.open() as session:
            found = places.found(session, self.look.core, self.look.prefix, list(dict.fromkeys(ids)))
            known = judgement.cases(session, self.look, list(found.values()), self.order.operation)
        return {job_id: case for job_id, case in zip(found, known, strict=True) if case}

    def _left(self, job_id: str, case: Case | None) -> Change | None:
        """What to say of a job that is left alone."""
        if case is None:
            return Change(job_id, False, "there is no such job")
        why = judgement.refusal(case, self.order.operation)
        return _alone(job_id, case, why) if why else None

    def _tried(self, job_id: str, case: Case, library: Opened) -> Change:
        for _ in range(_TRIES):
            try:
                return self._transaction(job_id, case, library)
            except Moved:
                continue
        return _alone(job_id, case, "others are changing it just now: left alone")

    def _transaction(self, job_id: str, seen: Case, library: Opened) -> Change:
        """Looks at the job again once its keys are watched: what it finds holds until the commit, or that fails."""
        with library.transaction(self._watched(seen)) as transaction:
            case = self._cases([job_id]).get(job_id)
            if left := self._left(job_id, case):
                return left
            if case is None or self._watched(case) != self._watched(seen):
                raise Moved
            try:
                deed = deeds.deed(case, self.order, self.look.prefix, transaction)
            except (TypeError, ValueError, LookupError, AttributeError) as error:
                return _alone(job_id, case, f"BullMQ cannot read it ({said(error)}): left alone")
            if why := deeds.wrong(deed, transaction.commit(deed.acts)):
                return _alone(job_id, case, why)
            moved = f"{case.main}/{case.new_id}" if case.main and self.order.operation is Operation.REQUEUE else ""
            return Change(job_id, True, deed.text, audited=deed.audited, moved_to=moved)

    def _watched(self, case: Case) -> list[bytes]:
        own = Keys(self.look.prefix, case.place.queue)
        keys = [own.job(case.place.id), own.lock(case.place.id), case.meta]
        return [*keys, Keys(self.look.prefix, case.main).job(case.new_id.encode())] if case.main else keys

    def _lost(self, error: BaseException) -> SourceError:
        found = explained(error)
        return type(found)(f"{self.address}: {found}")


def _alone(job_id: str, case: Case, why: str) -> Change:
    return Change(job_id, False, why, case.job.state, case.place.word)
