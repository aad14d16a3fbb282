"""A browser for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import Visitor, chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module: as long as it is open, this thread has an event loop, which other tests start."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Opens pages; fails after the test where one complained of anything."""
    visitor = Visitor(browser)
    yield visitor
    visitor.close()
    assert visitor.complaints == []
