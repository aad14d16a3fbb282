"""`jobqueue serve` as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

import jobqueue_exporter
from jobqueue_exporter.demo.database import Database

PATIENCE = 30.0
NOBODY_LISTENS = "postgresql://reader:s3cret@127.0.0.1:1/shop"
JOBS = """
CREATE TABLE jobs (
  id bigint PRIMARY KEY, kind text, state text NOT NULL, attempts int, run_at timestamptz,
  locked_by text, heartbeat_at timestamptz, created_at timestamptz DEFAULT now()
);
INSERT INTO jobs (id, kind, state) VALUES (1, 'MAIL', 'queued');
"""


@dataclass
class Process:
    """A `jobqueue serve` that runs; `log` is the file that its stderr goes to."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def logged(self) -> str:
        return self.log.read_text()

    @property
    def port(self) -> int:
        found = re.search(r"serving url=http://127\.0\.0\.1:(\d+)", self.logged)
        return int(found[1]) if found else 0

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        """Status and text of the answer."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as client:
            client.request(method, path)
            reply = client.getresponse()
            return reply.status, reply.read().decode()

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """The exit code that the signal leads to."""
        self.process.send_signal(by)
        return self.process.wait(PATIENCE)


def started(folder: Path, *arguments: str, verbose: bool = False) -> Process:
    log = folder / "stderr"
    command = [sys.executable, "-m", "jobqueue_exporter", *(["-v"] if verbose else []), "serve", *arguments]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(jobqueue_exporter.__file__).parents[1])}
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, cwd=folder, env=environment, stderr=stderr)
    return Process(process, log)


@contextmanager
def serving(folder: Path, *arguments: str, verbose: bool = False) -> Iterator[Process]:
    """The process, once it serves on a free port; killed at the end if it still runs."""
    running = started(folder, "--web.listen-address=127.0.0.1:0", *arguments, verbose=verbose)
    try:
        soon(lambda: running.port or running.process.poll() is not None)
        assert running.port, running.logged
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def refused(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a `serve` that cannot begin."""
    running = started(folder, *arguments)
    return running.process.wait(PATIENCE), running.logged


def configured(folder: Path, **dsns: str) -> Path:
    path = folder / "jobqueue.yml"
    sources = [{"name": name, "dsn": dsn} for name, dsn in dsns.items()]
    path.write_text(json.dumps({"server": {"reload": True}, "sources": sources}))
    return path


def soon(what: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.02)


@pytest.fixture
def silent_database() -> Iterator[str]:
    """A DSN at which somebody listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://reader:s3cret@127.0.0.1:{listener.getsockname()[1]}/shop"


def test_it_serves_what_the_configuration_names_and_says_so(database: Database, tmp_path: Path) -> None:
    database.connection.execute(JOBS)
    configured(tmp_path, shop=database.dsn)
    with serving(tmp_path) as exporter:
        status, text = exporter.ask("/metrics")
        soon(lambda: "source is read source=shop engine=table" in exporter.logged)
        assert exporter.end() == 0
    assert status == 200
    assert 'jobqueue_source_up{source="shop"} 1.0' in text
    assert 'jobqueue_jobs{kind="MAIL",queue="jobs",source="shop",state="pending"} 1.0' in text


def test_it_starts_while_its_database_is_down(tmp_path: Path) -> None:
    configured(tmp_path, shop=NOBODY_LISTENS)
    with serving(tmp_path) as exporter:
        assert 'jobqueue_source_up{source="shop"} 0.0' in exporter.ask("/metrics")[1]
        assert exporter.ask("/-/ready")[0] == 200
        assert "s3cret" not in exporter.ask("/")[1]
        assert exporter.end() == 0
        assert "s3cret" not in exporter.logged


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_though_a_reading_hangs_and_clients_dawdle(
    silent_database: str, tmp_path: Path, by: signal.Signals
) -> None:
    configured(tmp_path, shop=silent_database)
    with serving(tmp_path) as exporter:
        address = ("127.0.0.1", exporter.port)
        with socket.create_connection(address) as waiting, socket.create_connection(address) as dawdling:
            waiting.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            dawdling.sendall(b"GET /metrics HTTP/1.1\r\nHo")
            assert exporter.ask("/-/healthy")[0] == 200
            assert exporter.end(by) == 0
        assert "Traceback" not in exporter.logged
        assert "rror" not in exporter.logged


def test_sighup_takes_up_a_new_configuration_and_keeps_the_old_for_a_bad_one(tmp_path: Path) -> None:
    told = "jobqueue_config_last_reload_success {}.0".format
    configured(tmp_path, shop=NOBODY_LISTENS)
    with serving(tmp_path) as exporter:
        configured(tmp_path, shop=NOBODY_LISTENS, mail=NOBODY_LISTENS)
        exporter.process.send_signal(signal.SIGHUP)
        soon(lambda: '"__param_source":"mail"' in exporter.ask("/sd")[1])
        (tmp_path / "jobqueue.yml").write_text("sources:\n  - name: shop\nserver: {listn: x}\n")
        exporter.process.send_signal(signal.SIGHUP)
        soon(lambda: told(0) in exporter.ask("/metrics")[1])
        assert '"__param_source":"mail"' in exporter.ask("/sd")[1]
        status, problems = exporter.ask("/-/reload", "POST")
        configured(tmp_path, shop=NOBODY_LISTENS)
        exporter.process.send_signal(signal.SIGHUP)
        soon(lambda: told(1) in exporter.ask("/metrics")[1])
        assert exporter.end() == 0
        logged = exporter.logged
    assert status == 500
    assert len(problems.splitlines()) == 2
    assert all(line in logged for line in problems.splitlines())
    assert "jobqueue.yml:3: " in problems


def test_an_address_in_use_ends_it_with_1_and_the_way_out(tmp_path: Path) -> None:
    configured(tmp_path, shop=NOBODY_LISTENS)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        code, told = refused(tmp_path, f"--web.listen-address={address}")
    assert code == 1
    assert told == (
        f"cannot listen on {address}: another program has it; stop that one, or choose another address with "
        "server.listen or --web.listen-address (port 0 takes any free one)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--config=nowhere.yml"], "nowhere.yml"),
        (["--web.config.file=nowhere.yml"], "--web.config.file: nowhere.yml cannot be read: No such file"),
        (["--web.config.file=bad.yml"], "bad.yml:1: tls_server_config: key_file (or key) is missing\nbad.yml:2: "),
        (["--web.listen-address=10227"], "listen address '10227' is not HOST:PORT"),
        (["--web.listen-address="], "listen address '' is not HOST:PORT"),
        (["--web.listen-address=:70000"], "listen address ':70000' is not HOST:PORT"),
    ],
)
def test_what_cannot_be_used_ends_it_with_2_and_the_reason(tmp_path: Path, arguments: list[str], told: str) -> None:
    configured(tmp_path, shop=NOBODY_LISTENS)
    (tmp_path / "bad.yml").write_text("tls_server_config: {cert: x}\nodd: 1\n")
    code, stderr = refused(tmp_path, *arguments)
    assert code == 2
    assert told in stderr
    assert "Traceback" not in stderr


def test_requests_are_logged_only_when_asked(tmp_path: Path) -> None:
    configured(tmp_path, shop=NOBODY_LISTENS)
    with serving(tmp_path) as quiet:
        quiet.ask("/-/healthy")
        assert quiet.end() == 0
        assert "/-/healthy" not in quiet.logged
    with serving(tmp_path, verbose=True) as talkative:
        talkative.ask("/-/healthy?token=s3cret")
        soon(lambda: "GET '/-/healthy' 200" in talkative.logged)
        assert talkative.end() == 0
        assert "s3cret" not in talkative.logged
