"""A thread that does one turn after another on a database, and finds its way back to a lost one."""

from __future__ import annotations

import logging
import threading
from typing import Any, Protocol

import psycopg

from jobqueue_exporter.demo.scenarios import Scenario

Connection = psycopg.Connection[tuple[Any, ...]]

_LOG = logging.getLogger(__name__)
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0


class Actor(Protocol):
    """Somebody who works on the jobs table, a little every `pause_seconds`, as the scenario of now has it."""

    name: str
    pause_seconds: float
    scenario: Scenario

    def turn(self, connection: Connection) -> None:
        """Do what is due now. May raise psycopg.Error, and is then asked again on a new connection."""


class Loop(threading.Thread):
    """Gives an actor its turns until `stopped` is set; `began` is set after the first."""

    def __init__(self, actor: Actor, dsn: str, stopped: threading.Event) -> None:
        super().__init__(name=actor.name, daemon=True)
        self._actor = actor
        self._dsn = dsn
        self._stopped = stopped
        self._pause = _FIRST_PAUSE_SECONDS
        self.began = threading.Event()

    def run(self) -> None:
        """Take turns; while the database is away, try it again at growing intervals."""
        while not self._stopped.is_set():
            try:
                self._take_turns()
            except psycopg.Error as error:
                _LOG.debug("demo database lost actor=%s error=%s", self.name, type(error).__name__)
                self._stopped.wait(self._pause)
                self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)

    def _take_turns(self) -> None:
        name = f"demo {self.name}"
        with psycopg.connect(self._dsn, autocommit=True, connect_timeout=5, application_name=name) as connection:
            while not self._stopped.is_set():
                self._actor.turn(connection)
                self.began.set()
                self._pause = _FIRST_PAUSE_SECONDS
                self._stopped.wait(self._actor.pause_seconds)
