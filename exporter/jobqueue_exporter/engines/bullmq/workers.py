"""Workers, by the connections that they have named after their queues."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from jobqueue_exporter.engines.bullmq import keys
from jobqueue_exporter.engines.bullmq.keys import Role
from jobqueue_exporter.engines.operations import WorkerProcess
from jobqueue_exporter.model import Workers

_NAME = re.compile(r"(?:^| )name=(\S+)")
_ADDRESS = re.compile(r"(?:^| )addr=(\S+)")
_DATABASE = re.compile(r" db=(\d+)")


@dataclass(frozen=True, slots=True)
class Connected:
    """The queues of all connections that BullMQ has named, and how many workers there are of each."""

    queues: frozenset[str]
    workers: Counter[str]


def connected(clients: bytes, prefix: str, database: int) -> Connected:
    """What a CLIENT LIST tells of one database: it lists the connections to all of them."""
    lines = clients.decode("utf-8", "replace").splitlines()
    names = (_NAME.search(line) for line in lines if _is_of(line, database))
    found = [client for name in names if name and (client := keys.client(name[1], prefix))]
    return Connected(
        queues=frozenset(client.queue for client in found),
        workers=Counter(client.queue for client in found if client.role is Role.WORKER),
    )


def workers(found: Connected, queues: Iterable[str]) -> Workers:
    """The workers of these queues, by their connections: a process that makes several counts as often, since nothing
    tells whose they are."""
    by_queue = {queue: found.workers[queue] for queue in queues}
    return Workers(live=sum(by_queue.values()), stale=0, by_queue=by_queue)


def processes(clients: bytes, prefix: str, database: int, queues: Iterable[str]) -> list[WorkerProcess]:
    """The workers of these queues that a CLIENT LIST tells: each is a connection, known by its address and the name
    that it was given."""
    known = frozenset(queues)
    found = []
    for line in clients.decode("utf-8", "replace").splitlines():
        name, address = _NAME.search(line), _ADDRESS.search(line)
        client = keys.client(name[1], prefix) if name and _is_of(line, database) else None
        if name and client and client.role is Role.WORKER and client.queue in known:
            own = keys.worker(name[1])
            at = address[1] if address else ""
            found.append(WorkerProcess(id=f"{own}@{at}" if own else at, live=True, queues=(client.queue,)))
    return found


def _is_of(line: str, database: int) -> bool:
    """Whether a connection uses this database; one that does not say may."""
    found = _DATABASE.search(line)
    return found is None or int(found[1]) == database
