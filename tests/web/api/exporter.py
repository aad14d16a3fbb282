"""An exporter with real engines, and what it answers as JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jobqueue_exporter.config.types import Config, Source
from jobqueue_exporter.snapshot_json import Json
from jobqueue_exporter.web import serving
from tests.web.served import PATIENCE, Reply, Served
from tests.web.test_gate import CHEAP, basic

ALICE = basic("alice", "päss:word")


@dataclass(frozen=True)
class Answered:
    """An answer of the API."""

    status: int
    body: Mapping[str, Json]

    @property
    def error(self) -> str:
        assert self.body.keys() == {"error"}
        return str(self.body["error"])


def users(folder: Path) -> Path:
    """A web configuration that knows Alice."""
    file = folder / "web.yml"
    file.write_text(f"basic_auth_users: {{alice: '{CHEAP}'}}")
    return file


def ask(server: Served, path: str, *, known: bool = False) -> Answered:
    """What a stranger, or Alice, is answered."""
    return answered(server.ask(path, ALICE if known else None))


def answered(reply: Reply) -> Answered:
    """The answer, which must be JSON that nobody keeps or takes for something else."""
    assert reply.headers["content-type"] == "application/json"
    assert (reply.headers["cache-control"], reply.headers["x-content-type-options"]) == ("no-store", "nosniff")
    return Answered(reply.status, json.loads(reply.body))


@contextmanager
def exporting(*sources: Source, web_config: Path | None = None) -> Iterator[Served]:
    """Serve these sources as they really are until the end of the block."""
    stop, url, failures = Future[None](), Future[str](), list[BaseException]()

    def work() -> None:
        try:
            config = Config(sources=sources)
            serving.run(config, web_config=web_config, listen="127.0.0.1:0", ready=url.set_result, stop=stop)
        except BaseException as error:
            failures.append(error)
            if not url.done():
                url.set_exception(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield Served(int(url.result(PATIENCE).rpartition(":")[2]), {})
    finally:
        stop.set_result(None)
        thread.join(PATIENCE)
    if failures:
        raise failures[0]
    assert not thread.is_alive()
