"""Workers, by the connections that they have named after their queues."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq import keys
from jobqueue_exporter.engines.bullmq.keys import Role
from jobqueue_exporter.model import Workers

_NAME = re.compile(r"(?:^| )name=(\S+)")


@dataclass(frozen=True, slots=True)
class Connected:
    """The queues of all connections that BullMQ has named, and how many workers there are of each."""

    queues: frozenset[str]
    workers: Counter[str]


def connected(clients: bytes, prefix: str) -> Connected:
    """What a CLIENT LIST tells."""
    names = (_NAME.search(line) for line in clients.decode("utf-8", "replace").splitlines())
    found = [client for name in names if name and (client := keys.client(name[1], prefix))]
    return Connected(
        queues=frozenset(client.queue for client in found),
        workers=Counter(client.queue for client in found if client.role is Role.WORKER),
    )


def workers(found: Connected, queues: Iterable[str]) -> Workers:
    """The workers of these queues. A process that makes several counts as often: nothing tells them apart."""
    by_queue = {queue: found.workers[queue] for queue in queues}
    return Workers(live=sum(by_queue.values()), stale=0, by_queue=by_queue)
