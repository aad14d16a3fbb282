"""Fixtures that tests of every folder may ask for."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server


@pytest.fixture(scope="session", autouse=True)
def _signals_as_at_a_terminal() -> None:
    """What a test starts must end by these, also where the run was started with them ignored, as by nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for the whole run; it is started again after a test that stopped it."""
    with Server() as server:
        yield server


@pytest.fixture
def database(postgres: Server) -> Iterator[Database]:
    """An empty database for one test: `.dsn`, `.connection` (superuser, autocommit), `.dsn_of(role)`."""
    with fresh_database(postgres) as database:
        yield database
