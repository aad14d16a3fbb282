from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.backroom import Backroom
from tests.cli.test_main import environment

COMMANDS = [("jobs", "stats"), ("dlq", "list"), ("dlq", "export"), ("ready",), ("once",)]


def process(room: Backroom, *words: str, then: str) -> subprocess.CompletedProcess[str]:
    """`jobqueue …` with its streams as `then` has them, in the words of a shell."""
    command, variables = room.command(*words)
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {then}', "sh", *command],
        capture_output=True,
        text=True,
        check=False,
        env=variables,
        cwd=room.folder,
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("count", [1, 200])
def test_a_full_disk_is_one_line_and_not_a_traceback(room: Backroom, command: tuple[str, ...], count: int) -> None:
    # Many rows are more than a buffer holds, so that they fail before it is flushed.
    room.add("dead_letter", count, error="x" * 200)
    done = process(room, *command, then=">/dev/full")
    told = [line for line in done.stderr.splitlines() if not line.startswith("time=")]
    assert (done.returncode, told) == (1, ["stdout cannot be written: No space left on device"])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_stdout_is_one_line_and_not_a_traceback(room: Backroom, command: tuple[str, ...]) -> None:
    room.add("dead_letter")
    done = process(room, *command, then=">&-")
    assert (done.returncode, done.stderr) == (1, "stdout cannot be written: it is closed\n")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_tell_of_a_full_disk_too(room: Backroom, option: str) -> None:
    command = [sys.executable, "-m", "jobqueue_exporter", option]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment())
    assert (done.returncode, done.stderr) == (1, "stdout cannot be written: No space left on device\n")


@pytest.mark.parametrize("command", [("jobs", "stats"), ("dlq", "export")])
def test_a_reader_that_went_away_stays_untold(room: Backroom, command: tuple[str, ...]) -> None:
    room.add("dead_letter")
    reader, writer = os.pipe()
    os.close(reader)
    words, variables = room.command(*command)
    done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, check=False, env=variables)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_closed_stderr_puts_no_log_among_the_results(room: Backroom) -> None:
    room.configure(shop="postgresql://me@127.0.0.1:1/gone")
    assert "level=" not in process(room, "once", then="2>&-").stdout
