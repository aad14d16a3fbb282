"""`jobqueue` on a terminal whose screen a test reads and resizes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pyte

_LOGIN = "import os, sys, fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"


class Screen:
    """A process on a terminal of its own. `raw` is all that it wrote."""

    def __init__(self, process: subprocess.Popen[bytes], number: int, columns: int, rows: int) -> None:
        self.process = process
        self.raw = b""
        self._number = number
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def until(self, true: Callable[[str], object], *, seconds: float = 30.0) -> str:
        """The screen as soon as it is so; fails after a while."""
        deadline = time.monotonic() + seconds
        while not true(self.text):
            assert time.monotonic() < deadline, f"not within {seconds:g} s on this screen:\n{self.text}"
            self._hear()
        return self.text

    def press(self, keys: str) -> None:
        """Type these."""
        os.write(self._number, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size, as a person does who drags its corner."""
        self._screen.resize(rows, columns)
        self._screen.reset()
        _size(self._number, columns, rows)

    def ended(self, *, seconds: float = 30.0) -> int:
        """Its exit code; all that it wrote has been read by then."""
        deadline = time.monotonic() + seconds
        while self._hear():
            assert time.monotonic() < deadline, f"still there after {seconds:g} s:\n{self.text}"
        return self.process.wait(seconds)

    @property
    def echoes(self) -> bool:
        """Whether what is typed is shown, line by line, as shells expect it."""
        modes = termios.tcgetattr(self._number)[3]
        return bool(modes & termios.ECHO and modes & termios.ICANON)

    def _hear(self) -> bool:
        """Take in what was written; whether there may be more."""
        ready, _, _ = select.select([self._number], [], [], 0.1)
        if not ready:
            return self.process.poll() is None
        heard = os.read(self._number, 65_536)
        self.raw += heard
        self._stream.feed(heard)
        return True


@contextmanager
def screen(
    *arguments: str, columns: int = 100, rows: int = 30, environment: Mapping[str, str] | None = None
) -> Iterator[Screen]:
    """`jobqueue` with these arguments on a terminal of this size; ended with the block."""
    ours, theirs = pty.openpty()
    _size(ours, columns, rows)
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    variables |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [sys.executable, "-c", _LOGIN, sys.executable, "-W", "error", "-m", "jobqueue_exporter", *arguments],
        env=variables | dict(environment or {}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    try:
        yield Screen(process, ours, columns, rows)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(theirs)
        os.close(ours)


def _size(number: int, columns: int, rows: int) -> None:
    fcntl.ioctl(number, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
