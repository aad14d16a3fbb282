"""A database with procrastinate's own schema."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobqueue_exporter.demo.database import Database
from tests.engines.procrastinate.site import Site


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    """procrastinate's tables, all empty."""
    site = Site(database)
    yield site
    site.close()
