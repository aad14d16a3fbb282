"""Workers as their engine knows them, made into documents, and found by their ids."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from jobqueue_exporter.cli.documents.workers import Worker
from jobqueue_exporter.cli.times import absolute
from jobqueue_exporter.engines.operations import WorkerProcess

MOST_NEAR = 5


def worker(one: WorkerProcess) -> Worker:
    """The document of a worker."""
    return Worker(
        id=one.id,
        live=one.live,
        heartbeat_at=absolute(one.heartbeat_at),
        started_at=absolute(one.started_at),
        queues=one.queues,
        slots=one.slots,
        busy=one.busy,
        version=one.version,
        binaries=dict(one.binaries),
        jobs=one.jobs,
    )


def near(wanted: str, known: Iterable[str]) -> Sequence[str]:
    """The ids that are like the one that was wanted: those that hold it come first."""
    ids = list(dict.fromkeys(known))
    holding = [one for one in ids if wanted.lower() in one.lower()]
    like = difflib.get_close_matches(wanted, ids, n=MOST_NEAR)
    return list(dict.fromkeys([*holding, *like]))[:MOST_NEAR]
