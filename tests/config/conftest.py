from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobqueue_exporter.config.load import load
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.errors import ConfigError

Write = Callable[[str | bytes], Path]
Read = Callable[..., Config]
Problems = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes jobqueue.yml and returns where."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "jobqueue.yml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def read(write: Write) -> Read:
    """The Config that a text makes, with variables of the environment by keyword."""

    def read(text: str, **environ: str) -> Config:
        return load(write(text), environ)

    return read


@pytest.fixture
def problems(write: Write) -> Problems:
    """The problems of a text, each without the directory before the file's name."""

    def problems(text: str | bytes, **environ: str) -> list[str]:
        path = write(text)
        with pytest.raises(ConfigError) as refusal:
            load(path, environ)
        return [problem.replace(f"{path.parent}/", "") for problem in refusal.value.problems]

    return problems
