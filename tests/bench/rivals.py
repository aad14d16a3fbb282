"""Debian's sql_exporter and postgres_exporter, configured as their users do it, where they are present."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobqueue_exporter.demo.postgres import Server
from tests.bench.contender import JOBS_AND_AGE, TIMEOUT_SECONDS
from tests.bench.ruler import Ruler
from tests.tooling import TOOLS

READINGS = 5
_POLL_SECONDS = 0.2
_QUERY = " ".join(JOBS_AND_AGE.split())


@dataclass(frozen=True, slots=True)
class Rival:
    """Another exporter: its program, and the role that it reads as."""

    program: str
    role: str

    @property
    def path(self) -> str | None:
        """Where the program is; None when it is not."""
        return shutil.which(self.program, path=f"{TOOLS / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")

    def milliseconds(self, server: Server, ruler: Ruler, database: str) -> float:
        """The mean database time of its query on the jobs table. Raises TimeoutError."""
        start = ruler.spent(self.role, about="%public.jobs%")
        deadline = time.monotonic() + TIMEOUT_SECONDS
        # sql_exporter knows the shorter scheme only.
        dsn = server.dsn(user=self.role, dbname=database).replace("postgresql:", "postgres:")
        with self._running(f"{dsn}?sslmode=disable") as url:
            while (spent := ruler.spent(self.role, about="%public.jobs%")).calls < start.calls + READINGS:
                _scrape(url, deadline)
        return (spent.milliseconds - start.milliseconds) / (spent.calls - start.calls)

    @contextmanager
    def _running(self, dsn: str) -> Iterator[str]:
        address = f"127.0.0.1:{_free_port()}"
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder) / "config.yml"
            command, environment, body = _sql(config, dsn) if self is SQL else _postgres(config, dsn)
            config.write_text(json.dumps(body))  # JSON is YAML
            process = subprocess.Popen(
                [str(self.path), *command, f"--web.listen-address={address}"],
                env=os.environ | environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                yield f"http://{address}/metrics"
            finally:
                process.terminate()
                process.wait()


SQL = Rival("prometheus-sql-exporter", "sql_exporter")
POSTGRES = Rival("prometheus-postgres-exporter", "postgres_exporter")
RIVALS = (SQL, POSTGRES)

_Setup = tuple[Sequence[str], Mapping[str, str], Mapping[str, Any]]


def _sql(config: Path, dsn: str) -> _Setup:
    query = {
        "name": "jobs",
        "help": "Jobs by kind and state",
        "labels": ["kind", "state"],
        "values": ["count", "oldest"],
        "query": _QUERY,
    }
    job = {"name": "jobs", "interval": "1s", "connections": [dsn], "queries": [query]}
    return [f"--config.file={config}"], {}, {"jobs": [job]}


def _postgres(config: Path, dsn: str) -> _Setup:
    metrics = [
        {"kind": {"usage": "LABEL", "description": "Kind of job"}},
        {"state": {"usage": "LABEL", "description": "State of the job"}},
        {"count": {"usage": "GAUGE", "description": "Jobs"}},
        {"oldest": {"usage": "GAUGE", "description": "Age of the oldest"}},
    ]
    quiet = ["--disable-default-metrics", "--disable-settings-metrics", "--no-collector.database"]
    command = [f"--extend.query-path={config}", *quiet, "--no-collector.bgwriter"]
    return command, {"DATA_SOURCE_NAME": dsn}, {"jobs": {"query": _QUERY, "metrics": metrics}}


def _scrape(url: str, deadline: float) -> None:
    """Scrape once, or wait a little when it cannot be had yet."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            answer.read()
    except OSError:
        pass
    if time.monotonic() > deadline:
        raise TimeoutError(f"{url} did not read the jobs table {READINGS} times in {TIMEOUT_SECONDS:g} s")
    threading.Event().wait(_POLL_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
