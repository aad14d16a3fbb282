"""A server on a real socket, in a thread of its own, for one test."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobqueue_exporter.collect import Collection
from jobqueue_exporter.config.types import Config, Duration, Server, Source
from jobqueue_exporter.secret import Secret
from jobqueue_exporter.web import listening, serving
from jobqueue_exporter.web.limits import Limits
from jobqueue_exporter.web.site import Site
from jobqueue_exporter.web.watch import Watch
from tests.web.reader_by_hand import ReaderByHand, ready

PATIENCE = 20.0


@dataclass(frozen=True)
class Reply:
    """What came back; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Served:
    """A server that runs."""

    port: int
    readers: dict[str, ReaderByHand]

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        body: bytes | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> Reply:
        """The answer to one request on a connection of its own."""
        with closing(self.client(tls)) as client:
            return ask(client, path, headers, method=method, body=body)

    def client(self, tls: ssl.SSLContext | None = None) -> http.client.HTTPConnection:
        """A connection that can be kept alive."""
        if tls is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        return http.client.HTTPSConnection("localhost", self.port, timeout=PATIENCE, context=tls)

    def connect(self) -> socket.socket:
        """A bare TCP connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)


def ask(
    client: http.client.HTTPConnection,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes | None = None,
) -> Reply:
    """The answer to one request on this connection."""
    client.request(method, path, body=body, headers=dict(headers or {}))
    reply = client.getresponse()
    return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())


def config(*names: str, server: Server | None = None, timeout: float = 5) -> Config:
    """A configuration with these sources."""
    dsn = Secret("postgresql://exporter@localhost/jobs")
    return Config(
        sources=tuple(
            Source(name=name, dsn=dsn, max_lanes=100_000, timeout=Duration(timeout)) for name in names or ("shop",)
        ),
        server=server or Server(),
    )


@contextmanager
def served(
    configured: Config | None = None,
    readers: Mapping[str, ReaderByHand] | None = None,
    *,
    web_config: Path | None = None,
    limits: Limits | None = None,
    reload: Callable[[], Config] | None = None,
) -> Iterator[Served]:
    """Serve until the end of the block; fails when serving failed."""
    configured = configured or config()
    found = {source.name: (readers or {}).get(source.name) or ready() for source in configured.sources}
    watch, stop, url, failures = Watch(web_config, seconds=0.05), Future[None](), Future[str](), list[BaseException]()

    def work() -> None:
        try:
            with (
                closing(listening.bind("127.0.0.1:0")) as listener,
                closing(Collection(configured, lambda source: found[source.name])) as collection,
            ):
                site = Site(configured, collection, watch, reload)
                asyncio.run(serving.serve(site, watch, listener, ready=url.set_result, stop=stop, limits=limits))
        except BaseException as error:
            failures.append(error)
            if not url.done():
                url.set_exception(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield Served(int(url.result(PATIENCE).rpartition(":")[2]), found)
    finally:
        stop.set_result(None)
        thread.join(PATIENCE)
    if failures:
        raise failures[0]
    assert not thread.is_alive()


def soon(what: Callable[[], object]) -> None:
    """Wait until `what` holds."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)
