"""Which queues there are: BullMQ keeps no list of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobqueue_exporter.config.types import BullMQ
from jobqueue_exporter.engines.bullmq.counts import Counts
from jobqueue_exporter.engines.bullmq.keys import Keys


class Queues:
    """The queues that are configured, or else those that were found since this process runs.

    A dead letter queue is looked for beside each of them, since no worker may be connected to it.
    """

    def __init__(self, settings: BullMQ) -> None:
        self.prefix = settings.prefix
        self.configured = settings.queues
        self._suffix = settings.dead_letter_suffix
        self._known: set[str] = set(settings.queues)
        self._guessed: set[str] = set()
        self._looked_beside: set[str] = set()

    def find(self, names: Iterable[str]) -> None:
        """Queues of these names were found; not heeded where the configuration names the queues."""
        if not self.configured:
            self._known.update(names)

    @property
    def known(self) -> list[str]:
        """Those that are known to be there, or configured."""
        return sorted(self._known)

    def to_read(self) -> list[str]:
        """The queues to read now: those known, the main queues of dead letter queues among them, and possible dead
        letter queues of those that are new."""
        self._guessed = {self._main(queue) for queue in self._known} - self._known
        if self._suffix:
            fresh = self._known - self._looked_beside
            self._guessed |= {f"{queue}{self._suffix}" for queue in fresh} - self._known
            self._looked_beside |= fresh
        return sorted(self._known | self._guessed)

    def beside(self, queue: str) -> Keys | None:
        """The keys of the dead letter queue of this one, while it is not known."""
        name = f"{queue}{self._suffix}"
        return Keys(self.prefix, name) if self._suffix and name not in self._known else None

    def may_hold_dead(self, queue: str) -> bool:
        """Whether the name is that of a dead letter queue."""
        return self._main(queue) != queue

    def learn(self, counts: Mapping[str, Counts], connected: Iterable[str]) -> dict[str, Counts]:
        """Those that are queues, of all that were read, and the main queue of each; the others are forgotten unless
        they are configured."""
        keep = {*self.configured, *connected}
        there = {queue: found for queue, found in counts.items() if found.exists or queue in keep}
        if not self.configured:
            self._known &= there.keys()
        self._known |= self._guessed & there.keys()
        self._guessed = set()
        self._looked_beside &= self._known
        for queue, found in there.items():
            if self.beside(queue) and found.dead_letters_beside:
                self._known.add(f"{queue}{self._suffix}")
        mains = {self._main(queue) for queue in there}
        return {queue: found for queue, found in counts.items() if queue in there or queue in mains}

    def serves(self, queues: Iterable[str]) -> dict[str, str]:
        """The queue that each dead letter queue is of, among these."""
        names = set(queues)
        return {queue: main for queue in names if (main := self._main(queue)) != queue and main in names}

    def _main(self, queue: str) -> str:
        """The queue that a queue of this name holds the dead letters of; itself where it holds none."""
        while self._suffix and (main := queue.removesuffix(self._suffix)) not in ("", queue):
            queue = main
        return queue
