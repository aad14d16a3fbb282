"""A file of whole jobs, written before they are removed from where they were."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from jobqueue_exporter.errors import ConfigError, JobQueueError

_TRIES = 100


class RowsFile:
    """JSON lines in a file of its own, for its owner only; made with the first row, never over another."""

    def __init__(self, path: Path | None) -> None:
        """`path` None is `jobqueue-deleted-<time>.jsonl` here."""
        self._given = path
        self.path: Path | None = None
        """Where the rows are; None as long as there are none."""

    def write(self, rows: Iterable[str]) -> None:
        """Writes rows so that they outlive a crash of the machine.

        Raises:
            ConfigError: the file is there already.
            JobQueueError: it cannot be written.
        """
        text = "".join(f"{row}\n" for row in rows).encode("utf-8", "backslashreplace")
        try:
            with os.fdopen(self._opened(), "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            _sync(self.path or Path())
        except OSError as error:
            raise JobQueueError(f"{self.path or self._given}: cannot be written: {error.strerror}") from error

    def _opened(self) -> int:
        if self.path is not None:
            return os.open(self.path, os.O_WRONLY | os.O_APPEND)
        for path in [self._given] if self._given else _names():
            try:
                made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            except FileExistsError:
                continue
            self.path = path
            return made
        raise ConfigError(f"{self._given or Path.cwd()}: is there already; name another file with --export")


def _names() -> list[Path]:
    stem = f"jobqueue-deleted-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return [Path(f"{stem}{f'-{number}' if number else ''}.jsonl") for number in range(_TRIES)]


def _sync(path: Path) -> None:
    """A new name in a folder is safe only once the folder is."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
