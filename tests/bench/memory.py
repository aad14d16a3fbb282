"""The resident memory of `jobqueue serve` when it tells of many series."""

from __future__ import annotations

import gzip
import math
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

SERIES = 10_000
SCRAPES = 20
_FIRST_KINDS = 300
_MOST_KINDS = 2_000
_START_SECONDS = 30.0
_SETTLE_SECONDS = 180.0
_POLL_SECONDS = 0.1
# Longer than a finished reading is used again, so that each scrape reads anew.
_BETWEEN_SCRAPES_SECONDS = 0.6
# What Prometheus sends.
_HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5",
    "Accept-Encoding": "gzip",
    "X-Prometheus-Scrape-Timeout-Seconds": "10",
}
_TABLE = """
CREATE TABLE jobs (id bigserial PRIMARY KEY, kind text, state text, attempts int, run_at timestamptz,
  locked_at timestamptz, locked_by text, heartbeat_at timestamptz, last_error text,
  created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now())
"""
_KINDS = """
INSERT INTO jobs (kind, state, attempts, run_at, locked_at, locked_by, heartbeat_at, last_error)
SELECT 'KIND_' || kind, state, 1, now(), now(), 'worker-' || kind %% 20, now(), 'timed out'
FROM generate_series(%(first)s::int, %(last)s::int) AS kind,
     unnest('{queued,running,dead_letter,completed}'::text[]) AS state
"""


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident mebibytes of the server's process, at so many series."""

    mebibytes: float
    series: int


def measure(connection: psycopg.Connection[Any], dsn: str) -> Memory:
    """Serves a new table of enough kinds, scrapes it, and reads the process's memory.

    Raises:
        OSError: there is no /proc.
        TimeoutError: the server did not answer in time.
    """
    connection.execute(_TABLE)
    kinds, wanted = 0, _FIRST_KINDS
    with _serving(dsn) as (process, url):
        while kinds < wanted:
            connection.execute(_KINDS, {"first": kinds + 1, "last": wanted})
            kinds, series = wanted, _settled(url)
            wanted = kinds if series >= SERIES else min(_MOST_KINDS, math.ceil(kinds * SERIES / series))
        for _ in range(SCRAPES):
            _scrape(url)
            _pause(_BETWEEN_SCRAPES_SECONDS)
        return Memory(_resident(process.pid), series)


def _settled(url: str) -> int:
    """The number of series, once two readings of a source that is up agree."""
    deadline, before, now = time.monotonic() + _SETTLE_SECONDS, -1, 0
    while before != now or not now:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} did not settle in {_SETTLE_SECONDS:g} s, the last had {now} series")
        _pause(_BETWEEN_SCRAPES_SECONDS)
        told = _scrape(url)
        up = 'jobqueue_source_up{source="bench"} 1' in told
        before, now = now, sum(not line.startswith("#") for line in told.splitlines()) if up else 0
    return now


@contextmanager
def _serving(dsn: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    address = f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "jobqueue.yml"
        config.write_text(
            f"sources: [{{name: bench, engine: table, table: public.jobs, dsn: '{dsn}', max_lanes: 5000}}]\n"
        )
        command = [sys.executable, "-m", "jobqueue_exporter", "serve", "--config", str(config)]
        process = subprocess.Popen(
            [*command, f"--web.listen-address={address}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(address, process)
            yield process, f"http://{address}/metrics"
        finally:
            process.terminate()
            process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"jobqueue serve does not listen on {address}") from error
            _pause(_POLL_SECONDS)
        else:
            return


def _scrape(url: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(url, headers=_HEADERS), timeout=30) as answer:
        body: bytes = answer.read()
        return (gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body).decode()


def _resident(pid: int) -> float:
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
