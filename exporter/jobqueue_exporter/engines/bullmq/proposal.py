"""A source's configuration as we would write it, from a look at its Redis."""

from __future__ import annotations

import time

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.bullmq.reader import BullmqReader
from jobqueue_exporter.engines.protocol import Proposal, Request
from jobqueue_exporter.model import Facts


def propose(source: Source) -> Proposal:
    """The queues that a reading of the source shows. Raises SourceError."""
    reader = BullmqReader(source)
    try:
        request = Request(deadline=time.monotonic() + source.timeout, extras=frozenset())
        facts = Facts()
        for part in reader.read(request):
            facts = facts.merged(part.facts or Facts())
        queues = reader.queues
    finally:
        reader.close()
    return Proposal(
        settings={"engine": reader.engine, "bullmq": {"prefix": source.bullmq.prefix, "queues": queues}},
        missing=(),
        lanes=tuple(sorted(facts.lanes or ())),
        notices=facts.notices or (),
    )
