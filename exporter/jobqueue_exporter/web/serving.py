"""Serve until somebody says stop: sockets, signals, and the order in which things begin and end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from socket import socket

from jobqueue_exporter import engines
from jobqueue_exporter.collect import Collection
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.web import app, listening
from jobqueue_exporter.web.gate import Gate
from jobqueue_exporter.web.limits import Limits
from jobqueue_exporter.web.server import Server
from jobqueue_exporter.web.site import Site
from jobqueue_exporter.web.watch import Watch

log = logging.getLogger(__name__)


def run(
    config: Config,
    *,
    reload: Callable[[], Config] | None = None,
    web_config: Path | None = None,
    listen: str | None = None,
    ready: Callable[[str], None] | None = None,
    stop: Future[None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT (in the main thread only), or until `stop` is done.

    `reload` makes the configuration anew, for SIGHUP and POST /-/reload. `ready` is called with the URL
    once clients are served. Raises JobQueueError when that cannot be.
    """
    watch = Watch(web_config)
    with (
        contextlib.closing(listening.bind(listen or config.server.listen)) as listener,
        contextlib.closing(Collection(config, engines.reader)) as collection,
    ):
        site = Site(config, collection, watch, reload)
        asyncio.run(serve(site, watch, listener, ready=ready, stop=stop))


async def serve(
    site: Site,
    watch: Watch,
    listener: socket,
    *,
    ready: Callable[[str], None] | None = None,
    stop: Future[None] | None = None,
    limits: Limits | None = None,
) -> None:
    """Serve `site` as `run` does, on a socket that listens already."""
    gate = Gate(app.build(site), lambda: watch.config)
    server = Server(gate, limits or Limits(), lambda: watch.config.tls)
    watch.changed = server.recheck
    stopped = asyncio.Event()
    with _told_to_stop(stopped, stop), _told_to_reload(site):
        accepting = asyncio.create_task(server.accept(listener))
        accepting.add_done_callback(lambda _: stopped.set())
        work = [accepting, asyncio.create_task(watch.run()), asyncio.create_task(_introduce(site))]
        url = f"{'https' if watch.config.tls else 'http'}://{listening.shown(listener)}"
        log.info("serving url=%s", url)
        if ready is not None:
            ready(url)
        await stopped.wait()
        for task in work:
            task.cancel()
        await asyncio.wait(work)
        await server.end()
        site.close()
    if not accepting.cancelled():
        accepting.result()


async def _introduce(site: Site) -> None:
    """Say what is served; the collection itself says which sources are down, and what engines noticed."""
    for snapshot in await site.take(None, site.patience(None)):
        if snapshot.up:
            log.info("source is read source=%s engine=%s", snapshot.source, snapshot.engine)


@contextlib.contextmanager
def _told_to_stop(stopped: asyncio.Event, stop: Future[None] | None) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def end(_: Future[None]) -> None:
        with contextlib.suppress(RuntimeError):  # it has ended already
            loop.call_soon_threadsafe(stopped.set)

    if stop is not None:
        stop.add_done_callback(end)
    with _on((signal.SIGTERM, signal.SIGINT), stopped.set):
        yield


@contextlib.contextmanager
def _told_to_reload(site: Site) -> Iterator[None]:
    tasks: set[asyncio.Task[tuple[str, ...]]] = set()

    def reload() -> None:
        task = asyncio.create_task(site.reload())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    with _on((signal.SIGHUP,), reload):
        yield


@contextlib.contextmanager
def _on(signals: tuple[signal.Signals, ...], then: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    for each in signals:
        loop.add_signal_handler(each, then)
    try:
        yield
    finally:
        for each in signals:
            loop.remove_signal_handler(each)
