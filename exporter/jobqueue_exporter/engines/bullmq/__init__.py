"""BullMQ 5 and 6: queues in Redis, workers in Node or Python."""

from __future__ import annotations

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.bullmq.proposal import propose
from jobqueue_exporter.engines.bullmq.reader import SIGNALS, BullmqReader
from jobqueue_exporter.engines.bullmq.roles import role
from jobqueue_exporter.engines.engine import About, Engine
from jobqueue_exporter.engines.operations import Operation, Operator
from jobqueue_exporter.model import State


def _operator(source: Source) -> Operator:
    """Who acts on its jobs; imported when asked for, since readings need no asyncio."""
    from jobqueue_exporter.engines.bullmq.operator import BullmqOperator

    return BullmqOperator(source)


ENGINE = Engine(
    about=About(
        title="BullMQ in Redis",
        states=frozenset(State),
        signals=SIGNALS,
        index=(
            "its own keys: at most 1,000 jobs of a queue are looked at one by one, and payloads only of dead letters, "
            "up to 64 kB each and 16 MB in all. Workers are connections: a process counts once for each `Worker` that "
            "it makes. REDIS_URL without a file, or `bullmq.scan`, looks for queues through all keys, in small SCANs"
        ),
        requeue="its own library's job.retry; a job of a dead letter queue is added to its main queue, then removed",
        tested="BullMQ 5.81.5 and 6.7.0 on Redis 7.0",
    ),
    reader=BullmqReader,
    operator=_operator,
    operations=frozenset({Operation.REQUEUE, Operation.CANCEL, Operation.DELETE}),
    forgets={Operation.CANCEL: "BullMQ keeps nothing of a cancelled job"},
    propose=propose,
    role=role,
)
