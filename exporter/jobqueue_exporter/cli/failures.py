"""Jobs that died lately, as far as they can be found at little cost."""

from __future__ import annotations

from contextlib import closing, suppress
from itertools import combinations, islice

from jobqueue_exporter import engines
from jobqueue_exporter.cli.documents.stats import Failure
from jobqueue_exporter.cli.overview import clock
from jobqueue_exporter.cli.times import absolute
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.engines.operations import Job, Operator, Wanted
from jobqueue_exporter.errors import JobQueueError
from jobqueue_exporter.masking import line, masked
from jobqueue_exporter.model import Snapshot, State

MOST = 5
SECONDS = 3_600.0
LONGEST_ERROR = 300
PAGE = 200
"""How many of the newest dead jobs are looked at."""
IN_ORDER = 0.75
"""Which share of all pairs of these must be in the order of their deaths, so that none of the newest is left out."""


def recent(snapshot: Snapshot, config: Config) -> tuple[Failure, ...] | None:
    """The jobs that died in the last hour, the newest first, no more than `MOST` of them.

    None where they cannot be listed: there is no operator, it fails, or it knows no order that would put the newest
    first. Whoever asks has better things to tell, so this never raises.
    """
    dead = [one.counts.get(State.DEAD_LETTER) for one in (snapshot.facts.lanes or {}).values()]
    if snapshot.up and dead and not any(dead) and None not in dead:
        return ()
    source = next((one for one in config.sources if one.name == snapshot.source), None)
    if source is None or not snapshot.up:
        return None
    with suppress(JobQueueError), closing(engines.operator(source)) as operator:
        return _newest(operator, clock(snapshot))
    return None


def _newest(operator: Operator, now: float) -> tuple[Failure, ...] | None:
    page = list(islice(operator.list(Wanted(state=State.DEAD_LETTER, newest=True, limit=PAGE)), PAGE))
    dated = [(died, job) for job in page if (died := _died(job)) is not None]
    lately = sorted((one for one in dated if now - one[0] <= SECONDS), key=lambda one: -one[0])
    if len(page) == PAGE and len(lately) < PAGE and not _in_order([died for died, _ in dated]):
        return None
    return tuple(_failure(job, died, now) for died, job in lately[:MOST])


def _in_order(moments: list[float]) -> bool:
    """Whether they are the newest first, more or less: by when a job was due, or was made, its death is not far."""
    pairs = [first >= second for first, second in combinations(moments, 2)]
    return sum(pairs) > IN_ORDER * len(pairs)


def _died(job: Job) -> float | None:
    return next((at for at in (job.ended_at, job.since, job.updated_at) if at is not None), None)


def _failure(job: Job, died: float, now: float) -> Failure:
    return Failure(
        id=job.id,
        queue=job.lane.queue,
        kind=job.lane.kind,
        died_at=absolute(died) or "",
        age_seconds=max(now - died, 0.0),
        cause=job.cause,
        error=line(masked(job.error), LONGEST_ERROR),
    )
