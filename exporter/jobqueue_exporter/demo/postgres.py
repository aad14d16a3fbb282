"""A throw-away Postgres server on 127.0.0.1, for the demo and for the tests."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

from jobqueue_exporter.demo import binaries
from jobqueue_exporter.demo.account import Account, make_home, unprivileged
from jobqueue_exporter.demo.watchdog import Watchdog
from jobqueue_exporter.errors import JobQueueError

Mode = Literal["smart", "fast", "immediate"]

SUPERUSER = "postgres"
_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0
_PORT_TRIES = 5
# Nothing in here outlives the process, so nothing is made durable; small, since it runs beside other work.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_wal_size": "64MB",
    "max_connections": "50",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Server:
    """A context manager: the server runs inside it, and nothing is left of it afterwards.

    `auth` is what pg_hba asks of a TCP connection, `password` the superuser's, and `tcp_roles` who
    may come by TCP at all; the unix socket is open to our own user only, without a password.
    """

    def __init__(
        self,
        *,
        auth: str = "trust",
        password: str = "",
        tcp_roles: str = "all",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._auth = auth
        self._password = password
        self._tcp_roles = tcp_roles
        self._settings = {**_SETTINGS, **(settings or {})}
        self._account: Account
        self._home: Path | None = None
        self._bin: Path
        self._watchdog: Watchdog | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        try:
            self._prepare()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @property
    def home(self) -> Path:
        """The directory of the data, the log and the unix socket."""
        if self._home is None:
            raise RuntimeError("the server is not open; use it as a context manager")
        return self._home

    def dsn(self, *, user: str = SUPERUSER, dbname: str = "postgres", password: str | None = None) -> str:
        """A URL by TCP; without `password` the superuser's own is in it, if there is one."""
        if password is None and user == SUPERUSER:
            password = self._password
        secret = f":{quote(password, safe='')}" if password else ""
        return f"postgresql://{quote(user, safe='')}{secret}@127.0.0.1:{self.port}/{quote(dbname, safe='')}"

    def local_dsn(self, *, user: str = SUPERUSER, dbname: str = "postgres") -> str:
        """A URL by the unix socket, for which no password is asked."""
        return f"postgresql://{quote(user, safe='')}@/{quote(dbname, safe='')}?host={self.home}&port={self.port}"

    def start(self) -> None:
        """Start, on the port it had before or else on a free one; nothing happens when it runs already.

        Raises JobQueueError.
        """
        if self._process is not None and self._process.poll() is None:
            return
        if self.port:
            self._start_on(self.port)
            return
        for _ in range(_PORT_TRIES):
            port = _free_port()
            try:
                self._start_on(port)
            except JobQueueError:
                if "Address already in use" not in self.log_tail():
                    raise
            else:
                self.port = port
                return
        raise JobQueueError(f"Postgres found no free port on 127.0.0.1 in {_PORT_TRIES} tries")

    def stop(self, mode: Mode = "fast") -> None:
        """Stop, and wait until it has; nothing happens when it is not running."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(_SIGNALS[mode])
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()

    def restart(self, mode: Mode = "fast") -> None:
        """Stop and start again on the same port."""
        self.stop(mode)
        self.start()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the server's log."""
        log = self.home / "log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def _prepare(self) -> None:
        self._account = unprivileged()
        with _held_back():
            self._home = make_home(self._account)
        self._bin = binaries.find(self._account, self._home)
        self._watchdog = Watchdog(self._account, self._bin / "pg_ctl", self._home)
        password_file = self._home / "password"
        password_file.write_text(f"{self._password or 'unused'}\n")
        self._account.take(password_file)
        done = self._account.run(
            self._bin / "initdb", "-D", self._data, "-U", SUPERUSER, "-A", "trust", "-N",
            "--encoding=UTF8", "--locale=C", "--wal-segsize=1", f"--pwfile={password_file}",
        )  # fmt: skip
        password_file.unlink()
        if done.returncode:
            raise JobQueueError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        (self._data / "pg_hba.conf").write_text(
            "local all,replication all trust\n"
            f"host all {self._tcp_roles} 127.0.0.1/32 {self._auth}\n"
            f"host replication {self._tcp_roles} 127.0.0.1/32 {self._auth}\n"
        )

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _start_on(self, port: int) -> None:
        settings = self._settings | {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(self.home),
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self.home / "log").open("wb") as log:
            self._process = self._account.start(
                self._bin / "postgres", "-D", self._data, *options,
                stdin=subprocess.DEVNULL, output=log.fileno(),
            )  # fmt: skip
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._ready(process.pid):
            if process.poll() is not None:
                self._process = None
                raise JobQueueError(f"Postgres did not start:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.stop("immediate")
                raise JobQueueError(f"Postgres was not ready in {_START_SECONDS:.0f} s:\n{self.log_tail()}")
            time.sleep(0.01)

    def _ready(self, pid: int) -> bool:
        # The postmaster's own pid file, which pg_ctl waits on too: line 1 is the pid, line 8 the state.
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _remove(self) -> None:
        self.stop("immediate")
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
        if self._watchdog is not None:
            self._watchdog.dismiss()
        self._home = self._watchdog = None


@contextmanager
def _held_back() -> Iterator[None]:
    """Ctrl-C waits for the end of the block: what is made in it is then known to those who remove it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
