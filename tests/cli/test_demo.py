from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

TEXT_ENDS = "Ctrl-C stops it"


@contextlib.contextmanager
def running(*arguments: str, temporary: Path | None = None) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo that has said what it started, and what it said."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    if temporary:
        environment["TMPDIR"] = str(temporary)
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "jobqueue_exporter", "demo", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith(TEXT_ENDS):
                    break
            yield process, said
        finally:
            process.terminate()


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A short path that every user can enter, as the demo may become another user."""
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:
        path = Path(directory)
        path.chmod(0o777)
        yield path


def dsn(said: str) -> str:
    found = re.search(r"psql (\S+)", said)
    assert found
    return found[1]


def metrics(said: str) -> str:
    found = re.search(r"http\S+/metrics", said)
    assert found, said
    with urllib.request.urlopen(found[0], timeout=20) as response:
        return str(response.read().decode())


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_demo_with_0_and_leaves_nothing(end: signal.Signals, temporary: Path) -> None:
    with running("--web.listen-address", "127.0.0.1:0", temporary=temporary) as (process, said):
        address = dsn(said)
        psycopg.connect(address).close()
        assert [*temporary.iterdir()] != []
        # As a terminal does it: to all processes in the foreground.
        os.killpg(process.pid, end)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert [*temporary.iterdir()] == []
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(address)


def test_a_signal_while_it_starts_ends_it_too(temporary: Path) -> None:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "TMPDIR": str(temporary),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "jobqueue_exporter", "demo", "--database-only"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "starting Postgres …\n"
        process.terminate()
        said, errors = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "")
    assert "Traceback" not in errors
    assert [*temporary.iterdir()] == []


def test_the_demo_serves_the_metrics_of_its_own_jobs() -> None:
    with running("--scenario", "stuck", "--web.listen-address", "127.0.0.1:0") as (_, said):
        text = metrics(said)
    assert 'jobqueue_source_up{source="demo"} 1.0' in text
    stuck = re.findall(r"^jobqueue_stuck_jobs{.*} (\S+)$", text, re.MULTILINE)
    assert sum(map(float, stuck)) == 5


def test_the_demo_says_where_to_look_and_what_else_there_is() -> None:
    with running("--scenario", "backlog", "--database-only") as (_, said):
        url = dsn(said)
    assert said.startswith("\nScenario backlog: Producers are faster than the one worker that is left.\n")
    assert f"DATABASE_URL={url} jobqueue serve" in said
    assert "Other scenarios, by --scenario: healthy, no-workers, stuck, poison, ffmpeg-missing" in said


def test_an_address_that_was_asked_for_and_is_taken_is_an_error_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with running("--web.listen-address", f"127.0.0.1:{port}") as (process, said):
            _, errors = process.communicate(timeout=30)
    assert (process.returncode, said) == (1, "")
    assert errors == (
        f"cannot listen on 127.0.0.1:{port}: another program has it; stop that one, or choose another address with "
        "server.listen or --web.listen-address (port 0 takes any free one)\n"
    )


def test_when_the_usual_port_is_taken_a_free_one_is_used_and_said() -> None:
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # when somebody else has it, it is taken just as well
            stack.enter_context(socket.create_server(("", 10227)))
        with running() as (process, said):
            assert "jobqueue_source_up" in metrics(said)
            process.terminate()
            _, errors = process.communicate(timeout=30)
    assert "cannot listen on :10227: another program has it; a free port is used instead\n" in errors
    assert ":10227" not in said


@pytest.mark.parametrize("address", ["nonsense", ""])
def test_an_address_that_is_none_is_wrong_usage(address: str) -> None:
    with running("--web.listen-address", address) as (process, _):
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert errors.startswith(f"listen address {address!r} is not HOST:PORT")
