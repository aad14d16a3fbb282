"""A database to fill and to read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobqueue_exporter.demo.database import Database
from tests.engines.table.shop import Shop


@pytest.fixture
def shop(database: Database) -> Iterator[Shop]:
    """An empty database and readers of it."""
    shop = Shop(database)
    yield shop
    shop.close()
