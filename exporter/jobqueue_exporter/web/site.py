"""What the pages are made from: the configuration in force, the readings, and how to change them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from jobqueue_exporter import __version__
from jobqueue_exporter.collect import Collection
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.errors import ConfigError, JobQueueError
from jobqueue_exporter.exposition import ExporterFacts
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.readings import Readings
from jobqueue_exporter.web.rendering import Renderer
from jobqueue_exporter.web.watch import Watch
from jobqueue_exporter.web.web_config import WebConfig

log = logging.getLogger(__name__)

SPARE_SECONDS = 1.0


class Site:
    """Everything that requests share. Belongs to one event loop."""

    def __init__(
        self, config: Config, collection: Collection, watch: Watch, reload: Callable[[], Config] | None = None
    ) -> None:
        self.config = config
        self.renderer = Renderer()
        self._at_end = [self.renderer.close]
        self._collection = collection
        self._readings = Readings(collection)
        self._load = reload
        self._watch = watch
        self._reload_ok = True
        self._reloading = asyncio.Lock()
        self._tasks: set[asyncio.Task[tuple[str, ...]]] = set()

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the configured sources."""
        return self._collection.sources

    @property
    def exporter(self) -> ExporterFacts:
        """What the exporter tells of itself."""
        reload_ok = self._reload_ok and not self._watch.complaint
        return ExporterFacts(version=__version__, config_reload_ok=reload_ok)

    @property
    def knows_clients(self) -> bool:
        """Whether only clients who have shown who they are can ask for a page."""
        return self._watch.config.knows_clients

    @property
    def access(self) -> WebConfig:
        """Who is let in now, and how."""
        return self._watch.config

    def patience(self, names: Sequence[str] | None) -> float:
        """Seconds after which these sources (all, for None) must have answered, or failed."""
        wanted = self.sources if names is None else names
        limits = [each.timeout for each in self.config.sources if each.name in wanted]
        return max(limits, default=0.0) + SPARE_SECONDS

    def at_end(self, close: Callable[[], None]) -> None:
        """Have this called when no more clients are served."""
        self._at_end.append(close)

    def close(self) -> None:
        """Give back what was taken for requests."""
        for close in self._at_end:
            close()

    async def take(self, names: Sequence[str] | None, seconds: float) -> tuple[Snapshot, ...]:
        """A snapshot of each of these sources (all, for None), at the latest after `seconds`."""
        return await self._readings.take(names, seconds)

    async def reload(self) -> tuple[str, ...]:
        """Take up both configurations anew; the problems, where one is bad and the old one stays."""
        # In a task of its own, so that a client that leaves does not stop it half way.
        task = asyncio.create_task(self._reload_all())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _reload_all(self) -> tuple[str, ...]:
        async with self._reloading:
            problems = await self._reload()
            self._reload_ok = not problems
            for problem in problems:
                log.error("configuration not reloaded, the old one stays: %s", problem)
            return (*problems, *await self._watch.reload())

    async def _reload(self) -> tuple[str, ...]:
        if self._load is None:
            return ("this exporter was started without a configuration that could be read again",)
        try:
            config = await asyncio.to_thread(self._load)
            await asyncio.to_thread(self._collection.reload, config)
        except ConfigError as error:
            return error.problems or (str(error),)
        except (JobQueueError, OSError) as error:
            return (str(error),)
        except Exception as error:
            log.error("configuration not reloaded", exc_info=True)
            return (f"a mistake of ours ({type(error).__name__}); the exporter's log says more",)
        if config.server.listen != self.config.server.listen:
            log.warning("server.listen=%s needs a restart", config.server.listen)
        self.config = config
        log.info("configuration reloaded sources=%s", ",".join(self.sources))
        return ()
