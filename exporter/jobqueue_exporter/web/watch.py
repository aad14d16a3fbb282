"""Keeps the web configuration as its files are now, or as they last made sense."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from jobqueue_exporter.errors import ConfigError
from jobqueue_exporter.web import web_config
from jobqueue_exporter.web.web_config import WebConfig

log = logging.getLogger(__name__)

SECONDS = 1.0


class Watch:
    """`config` is what is in force, `complaint` why the files are not; `changed` is called after each change.

    Raises ConfigError when the file is no good to begin with.
    """

    def __init__(self, path: Path | None, *, seconds: float = SECONDS) -> None:
        self.config = WebConfig() if path is None else web_config.load(path)
        self.complaint = ""
        self.changed: Callable[[], None] = _nothing
        self._path = path
        self._seconds = seconds
        self._loaded = self._seen = _state(self.config.files)

    async def run(self) -> None:
        """Look at the files now and then, until cancelled."""
        while self._path is not None:
            await asyncio.sleep(self._seconds)
            try:
                await self.look()
            except Exception as error:
                # A mistake of ours must not end the watch in silence.
                self.complaint = f"{type(error).__name__}: {error}"
                log.error("web configuration not watched error=%r", error, exc_info=True)

    async def look(self) -> None:
        """Read the files, if they have changed since they were read and not since the last look."""
        state = await asyncio.to_thread(_state, self.config.files)
        # A file that was another one a moment ago may still be being written, or its key be yet to come.
        settled, self._seen = state == self._seen, state
        if settled and (state != self._loaded or self.complaint):
            await self.reload()

    async def reload(self) -> tuple[str, ...]:
        """Read the files now; the problems, when they are no good and what was in force stays so."""
        if self._path is None:
            return ()
        state = await asyncio.to_thread(_state, self.config.files)
        try:
            config = await asyncio.to_thread(_reloaded, self._path)
        except ConfigError as error:
            if str(error) != self.complaint:
                log.error("web configuration not reloaded, the old one stays: %s", error)
            self.complaint = str(error)
            return error.problems
        # Files that were not named before are taken as read; they can only have changed since.
        self._loaded = self._seen = state if config.files == self.config.files else _state(config.files)
        self.config, self.complaint = config, ""
        log.info("web configuration reloaded file=%s", self._path)
        self.changed()
        return ()


def _reloaded(path: Path) -> WebConfig:
    # Allowed at the start; later it is what a full disk or an editor leaves, and would let everybody in.
    if path.exists() and not path.stat().st_size:
        raise ConfigError(f"{path}: the file has become empty; to ask for nothing, write {{}} into it")
    return web_config.load(path)


def _state(files: tuple[Path, ...]) -> tuple[tuple[int, int, int] | None, ...]:
    return tuple(map(_one_state, files))


def _one_state(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _nothing() -> None:
    """Nobody wants to know of changes."""
