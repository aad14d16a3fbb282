"""The one place where readings of a source are asked for."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future
from functools import partial

from jobqueue_exporter.collect.announce import Announcer
from jobqueue_exporter.collect.backoff import Backoff
from jobqueue_exporter.collect.clock import Clock
from jobqueue_exporter.collect.flight import Flight
from jobqueue_exporter.collect.memory import Memory
from jobqueue_exporter.collect.reading import Reading
from jobqueue_exporter.collect.ticket import Ticket
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Reader
from jobqueue_exporter.errors import TimedOut
from jobqueue_exporter.model import Snapshot


class Desk:
    """Gives tickets to readings of one source: one at a time, shared by all who ask while it lasts."""

    def __init__(self, wants: Wants, reader: Reader, clock: Clock, *, flows: bool) -> None:
        self._wants = wants
        self._reader = reader
        self._clock = clock
        self._memory = Memory(wants, reader.engine, clock, flows=flows)
        # Reentrant: a flight that cannot take off is settled by the one who asked for it.
        self._lock = threading.RLock()
        self._retired: list[Reader] = []
        self._backoff = Backoff()
        self._announcer = Announcer()
        self._timed_out = ""
        self._fresh_until = -math.inf
        self._flight: Flight | None = None
        self._reading: Reading | None = None
        self._closed = False

    @property
    def source(self) -> Source:
        """The source as it is configured now."""
        return self._wants.source

    def ask(self) -> Ticket:
        """A ticket to the reading under way, to the last one while it is fresh, or to a new one."""
        with self._lock:
            now = self._clock.monotonic()
            if self._closed:
                return self._at_once("this source is no longer read")
            if self._flight is None or self._flight.future.done():
                if self._flight is not None and now < self._fresh_until:
                    return self._share(self._flight, now)
                if self._flight is not None and not self._flight.landed:
                    return self._at_once("the previous reading is still being stopped")
                if pause := self._backoff.remaining(now):
                    return self._at_once(f"{self._timed_out}; left alone for another {math.ceil(pause)} s")
                self._flight = self._take_off()
            return self._share(self._flight, now)

    def reload(self, wants: Wants, reader: Reader | None) -> None:
        """Use another configuration from the next reading on, and another reader if there is one."""
        with self._lock:
            before, self._wants, self._fresh_until = self._wants, wants, -math.inf
            if reader is None:
                return
            self._retired.append(self._reader)
            self._reader = reader
            same = _place(before.source) == _place(wants.source)
            self._memory = self._memory.successor(wants, reader.engine, same_data=same)
            self._backoff = Backoff()

    def close(self) -> threading.Thread:
        """End the reading under way and give the connection back, in the thread that is returned."""
        with self._lock:
            self._closed = True
            readers, flight = [*self._retired, self._reader], self._flight
        if flight is not None:
            flight.stop()
        thread = threading.Thread(target=_shut, args=(flight, readers), name=f"close-{self.source.name}", daemon=True)
        thread.start()
        return thread

    def _take_off(self) -> Flight:
        wants, retired, self._retired = self._wants, self._retired, []
        self._reading = Reading(self._reader, self._memory, wants, self._clock, retired=retired)
        settled = partial(self._settled, wants, self._backoff)
        flight = Flight(wants.source.name, self._reading, wants.source.timeout, settled)
        flight.start()
        return flight

    def _settled(self, wants: Wants, backoff: Backoff, snapshot: Snapshot, error: Exception | None) -> None:
        with self._lock:
            now = self._clock.monotonic()
            if snapshot.up:
                backoff.reset()
                if wants is self._wants:
                    self._fresh_until = now + wants.source.max_age
            elif isinstance(error, TimedOut):
                backoff.failed(now)
                self._timed_out = snapshot.error
            if not self._closed:
                self._announcer.tell(snapshot)

    def _share(self, flight: Flight, asked: float) -> Ticket:
        reading = self._reading
        assert reading is not None, "a flight has a reading"

        def known() -> Snapshot:
            return reading.known(self._clock.monotonic() - asked)

        return Ticket(self.source.name, flight.future, known)

    def _at_once(self, reason: str) -> Ticket:
        future: Future[Snapshot] = Future()
        future.set_result(self._memory.unread(reason))
        return Ticket(self.source.name, future, future.result)


def _place(source: Source) -> tuple[object, ...]:
    """What says which jobs a source tells of; other settings leave its numbers comparable."""
    where = (source.dsn, source.engine, source.schema, source.bullmq, source.http)
    return (*where, source.table, source.columns, source.states, source.events, source.dead_letters)


def _shut(flight: Flight | None, readers: list[Reader]) -> None:
    if flight is not None:
        flight.wait_until_landed()
    for reader in readers:
        reader.close()
