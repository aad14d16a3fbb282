"""Fixtures that tests of every folder may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server


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
