"""Work in a thread of its own, whose answer comes once and in time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Protocol

from jobqueue_exporter.errors import TimedOut, Unreachable
from jobqueue_exporter.model import Snapshot


class Errand(Protocol):
    """What a flight is for."""

    def go(self) -> None:
        """Do the work. Raises whatever keeps it from being done."""

    def stop(self) -> None:
        """End `go` from another thread; returns at once."""

    def outcome(self, error: Exception | None) -> Snapshot:
        """The answer, `error` being what ended the work early. Asked once."""

    def failed(self, error: Exception) -> Snapshot:
        """The answer when there is none."""


class Flight:
    """An errand under way. Its future ends after `limit` seconds at the latest, whatever the thread does.

    `settled` is told the answer before anybody else. The thread is a daemon: a stuck one does not keep
    the process from ending.
    """

    def __init__(
        self, name: str, errand: Errand, limit: float, settled: Callable[[Snapshot, Exception | None], None]
    ) -> None:
        self.future: Future[Snapshot] = Future()
        # A running future cannot be cancelled, so nobody who waits can take it from the others.
        self.future.set_running_or_notify_cancel()
        self._name = name
        self._errand = errand
        self._limit = limit
        self._settled = settled
        self._landed = threading.Event()
        self._landing = threading.Lock()
        self._claim = threading.Lock()
        self._watchdog = threading.Timer(limit, self._expire)
        self._watchdog.name, self._watchdog.daemon = f"watch-{name}", True

    @property
    def landed(self) -> bool:
        """Whether the work has ended, so that the source may be used again."""
        return self._landed.is_set()

    def start(self) -> None:
        """Take off; returns at once."""
        thread = threading.Thread(target=self._fly, name=f"read-{self._name}", daemon=True)
        try:
            self._watchdog.start()
            thread.start()
        except RuntimeError:
            self._land(Unreachable("no thread could be started: the exporter's host is out of threads"))

    def stop(self) -> None:
        """End the work early, if it has not ended."""
        with self._landing:
            if not self._landed.is_set():
                with suppress(Exception):
                    self._errand.stop()

    def wait_until_landed(self) -> None:
        """Wait for the end of the work, however long it takes."""
        self._landed.wait()

    def _fly(self) -> None:
        try:
            self._errand.go()
        except Exception as error:
            self._land(error)
        else:
            self._land(None)

    def _land(self, error: Exception | None) -> None:
        # First the source is free, then the answer is given: who has it may ask for the next at once.
        with self._landing:
            self._landed.set()
        self._watchdog.cancel()
        self._answer(error)

    def _expire(self) -> None:
        self._answer(TimedOut(f"no answer within {self._limit:g} s"))
        self.stop()

    def _answer(self, error: Exception | None) -> None:
        if not self._claim.acquire(blocking=False):
            return
        try:
            snapshot = self._errand.outcome(error)
            self._settled(snapshot, error)
        except Exception as mistake:
            snapshot = self._errand.failed(mistake)
        self.future.set_result(snapshot)
