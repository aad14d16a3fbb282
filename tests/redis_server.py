"""A throw-away Redis."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import redis

from tests.deadline import until
from tests.tooling import TOOLS, tool

START_SECONDS = 30.0


class RedisServer:
    """A redis-server on a free port in a directory of its own, without persistence; stops with the `with` block.

    `settings` are options of its configuration, such as `requirepass`.
    """

    def __init__(self, settings: Mapping[str, str] | None = None, *, tls: Sequence[str] = ()) -> None:
        self._settings = {"save": "", "appendonly": "no", "bind": "127.0.0.1"} | dict(settings or {})
        self._tls = tls
        self._process: subprocess.Popen[bytes] | None = None
        self.directory = Path()
        self.port = 0

    def __enter__(self) -> RedisServer:
        self.directory = Path(tempfile.mkdtemp(prefix="redis-"))
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        """Its address, without a password."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def socket(self) -> Path:
        """The path of its Unix socket."""
        return self.directory / "redis.sock"

    def client(self, *, db: int = 0) -> redis.Redis:
        """A client with the right to do all."""
        password = self._settings.get("requirepass")
        return redis.Redis(unix_socket_path=str(self.socket), password=password, db=db, protocol=2)

    def stop(self) -> None:
        """End it and remove what it left."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        shutil.rmtree(self.directory, ignore_errors=True)

    def _start(self) -> None:
        """Again with another port when somebody took this one meanwhile."""
        program = tool("redis-server")
        for _ in range(5):
            self.port = free_port()
            ports = (
                ["--port", "0", "--tls-port", str(self.port), *self._tls] if self._tls else ["--port", str(self.port)]
            )
            options = [one for name, value in self._settings.items() for one in (f"--{name}", value)]
            command = [str(program), *ports, "--unixsocket", str(self.socket), "--dir", str(self.directory), *options]
            with (self.directory / "log").open("wb") as log:
                self._process = subprocess.Popen(command, env=environment(), stdout=log, stderr=log)
            until(lambda: self._up() or self._ended(), seconds=START_SECONDS)
            if not self._ended():
                return
        raise AssertionError((self.directory / "log").read_text())

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _up(self) -> bool:
        try:
            with self.client() as client:
                client.ping()
        except (redis.BusyLoadingError, redis.ResponseError):
            return True
        except redis.RedisError:
            return False
        return True


def environment() -> dict[str, str]:
    """Ours, and where the unpacked programs find their libraries."""
    libraries = [str(path) for path in (TOOLS / "unpacked" / "usr" / "lib").glob("*-linux-gnu")]
    return os.environ | {"LD_LIBRARY_PATH": ":".join((*libraries, os.environ.get("LD_LIBRARY_PATH", ""))).rstrip(":")}


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
