"""Fixtures of the tests of the server."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.served import soon


@pytest.fixture
def no_complaint(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that clients do in this test is worth a warning in the log."""
    yield
    complaints = [each for each in caplog.get_records("call") if each.levelno >= logging.WARNING]
    assert [each.getMessage() for each in complaints] == []


@pytest.fixture
def nothing_left_open() -> Iterator[None]:
    """All files and sockets that the test opened are closed soon after it."""
    before = _open_files()
    yield
    soon(lambda: _open_files() <= before)


def _open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0
