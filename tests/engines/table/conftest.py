"""A database to fill and to read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobqueue_exporter.demo.database import Database, fresh_database
from jobqueue_exporter.demo.postgres import Server
from tests.engines.table.shop import EVENTS, Jobs, Shop


@pytest.fixture(scope="module")
def premises(postgres: Server) -> Iterator[Database]:
    """One database for all tests of a file, which is much quicker than one for each."""
    with fresh_database(postgres) as database:
        # A prepared statement would outlive the tables of one test.
        database.connection.prepare_threshold = None
        yield database


@pytest.fixture
def shop(premises: Database) -> Iterator[Shop]:
    """An empty database and readers of it."""
    shop = Shop(premises)
    yield shop
    shop.close()
    shop.clear()


@pytest.fixture
def jobs(shop: Shop) -> Jobs:
    """A jobs table beside an events table with the indexes that flows need."""
    shop.run(EVENTS)
    return shop.jobs()
