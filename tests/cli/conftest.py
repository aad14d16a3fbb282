"""Fixtures of the tests of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobqueue_exporter.demo.database import Database
from tests.cli.backroom import Backroom


@pytest.fixture
def room(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backroom:
    """A jobs table without jobs; the working directory is empty but for its configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBQUEUE_USER", "anna@desk")
    return Backroom.made(database, tmp_path)
