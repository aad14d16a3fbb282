"""All sources, and how readings of them are asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from contextlib import ExitStack

from jobqueue_exporter.collect.clock import SYSTEM, Clock
from jobqueue_exporter.collect.desk import Desk
from jobqueue_exporter.collect.ticket import Ticket
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.engines.protocol import Reader
from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.model import Snapshot

CLOSE_SECONDS = 2.0


class Collection:
    """The sources of a configuration. Reads when asked and never by itself.

    With `flows` off nothing is counted over time: for one who reads once.
    """

    def __init__(
        self,
        config: Config,
        readers: Callable[[Source], Reader],
        *,
        flows: bool = True,
        clock: Clock = SYSTEM,
    ) -> None:
        self._readers = readers
        self._flows = flows
        self._clock = clock
        self._reloading = threading.Lock()
        self._desks: dict[str, Desk] = {}
        self.reload(config)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources, as the configuration lists them."""
        return tuple(self._desks)

    def ask(self, names: Sequence[str] | None = None) -> tuple[Ticket, ...]:
        """A ticket to a reading of each of these sources, or of all; returns at once.

        Raises:
            ConfigError: a name is not that of a source.
        """
        desks = self._desks
        if unknown := [name for name in names or () if name not in desks]:
            raise ConfigError(*(f"{name}: no such source; there are: {', '.join(desks)}" for name in unknown))
        return tuple(desks[name].ask() for name in (desks if names is None else names))

    def read(self, names: Sequence[str] | None = None, timeout: float | None = None) -> tuple[Snapshot, ...]:
        """Snapshots of these sources, or of all: what is known by the end of `timeout` seconds.

        Without a timeout each source has its own. Raises ConfigError as `ask` does.
        """
        tickets = self.ask(names)
        wait([ticket.future for ticket in tickets], timeout)
        return tuple(ticket.known() for ticket in tickets)

    def reload(self, config: Config) -> None:
        """Use another configuration; sources that are the same keep all they have.

        A source of the same name keeps its totals. When a reader cannot be made, its error is raised and
        everything stays as it was.
        """
        with self._reloading:
            wants = {source.name: Wants(config, source) for source in config.sources}
            before = self._desks
            fresh = self._made([source for source in config.sources if not _same(before, source)])
            after: dict[str, Desk] = {}
            for name, wanted in wants.items():
                if (desk := before.get(name)) is not None:
                    desk.reload(wanted, fresh.get(name))
                else:
                    desk = Desk(wanted, fresh[name], self._clock, flows=self._flows)
                after[name] = desk
            self._desks = after
            for name in before.keys() - after.keys():
                before[name].close()

    def close(self) -> None:
        """End all readings and give the connections back, waiting no longer than about 2 s for it."""
        until = time.monotonic() + CLOSE_SECONDS
        for thread in [desk.close() for desk in self._desks.values()]:
            thread.join(max(0.0, until - time.monotonic()))

    def _made(self, sources: Sequence[Source]) -> dict[str, Reader]:
        """A reader for each, or none at all."""
        made: dict[str, Reader] = {}
        with ExitStack() as undo:
            for source in sources:
                made[source.name] = self._readers(source)
                undo.callback(made[source.name].close)
            undo.pop_all()
        return made


def _same(desks: dict[str, Desk], source: Source) -> bool:
    return source.name in desks and desks[source.name].source == source
