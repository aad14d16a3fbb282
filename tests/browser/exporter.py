"""An exporter that a browser can open, reading what the configuration names, and that can be stopped meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager

from jobqueue_exporter import engines
from jobqueue_exporter.collect import Collection
from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.engines.protocol import Reader
from jobqueue_exporter.web import listening, serving
from jobqueue_exporter.web.site import Site
from jobqueue_exporter.web.watch import Watch

PATIENCE = 30.0


class Exporter:
    """Serves on a free port of this machine from a thread of its own."""

    def __init__(self, config: Config, make: Callable[[Source], Reader] = engines.reader) -> None:
        self._config = config
        self._make = make
        self._stop = Future[None]()
        self._url = Future[str]()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where its pages are, without a slash at the end."""
        return f"http://127.0.0.1:{self._url.result(PATIENCE).rpartition(':')[2]}"

    def stop(self) -> None:
        """End it, as by SIGTERM."""
        if not self._stop.done():
            self._stop.set_result(None)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def _work(self) -> None:
        try:
            with (
                closing(listening.bind("127.0.0.1:0")) as listener,
                closing(Collection(self._config, self._make)) as collection,
            ):
                watch = Watch(None, seconds=1)
                site = Site(self._config, collection, watch)
                asyncio.run(serving.serve(site, watch, listener, ready=self._url.set_result, stop=self._stop))
        except BaseException as error:
            if not self._url.done():
                self._url.set_exception(error)
            raise


@contextmanager
def exporting(config: Config, make: Callable[[Source], Reader] = engines.reader) -> Iterator[Exporter]:
    """An exporter until the end of the block; `make` gives the reader of a source where it is not its engine's."""
    exporter = Exporter(config, make)
    try:
        yield exporter
    finally:
        exporter.stop()
