"""A program at a terminal of its own, what is on its screen, and the keys that are typed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyte

LINES, COLUMNS = 60, 160
PATIENCE = 30.0


@dataclass
class Terminal:
    """A process and its terminal. `written` is all that it wrote, as it came."""

    process: subprocess.Popen[bytes]
    keys: int
    screen: pyte.Screen = field(default_factory=lambda: pyte.Screen(COLUMNS, LINES))
    written: bytes = b""

    def __post_init__(self) -> None:
        self._stream = pyte.ByteStream(self.screen)

    @property
    def text(self) -> str:
        """What is on the screen, without blanks at the ends of lines."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def type(self, text: str) -> None:
        """Types this."""
        os.write(self.keys, text.encode())

    def interrupt(self) -> None:
        """Presses Ctrl-C."""
        self.type("\x03")

    def shows(self, text: str) -> None:
        """Waits until this is on the screen."""
        self._read(lambda: text in self.text, f"no {text!r} on the screen:")
        assert text in self.text, f"no {text!r} on the screen:\n{self.text}"

    def ended(self) -> int:
        """Waits for the end of the process; its exit code."""
        self._read(lambda: False, "it did not end:")
        return self.process.wait(PATIENCE)

    def _read(self, enough: object, why: str) -> None:
        assert callable(enough)
        deadline = time.monotonic() + PATIENCE
        while not enough():
            assert time.monotonic() < deadline, f"{why}\n{self.text}"
            if not select.select([self.keys], [], [], 0.1)[0]:
                continue
            try:
                found = os.read(self.keys, 65536)
            except OSError:
                # Nobody has this terminal open any more.
                return
            if not found:
                return
            self.written += found
            self._stream.feed(found)


@contextlib.contextmanager
def terminal(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Iterator[Terminal]:
    """The program at a terminal, killed at the end if it still runs."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    # Its own session, of which this is the terminal: Ctrl-C there reaches nobody else.
    login = "import os, sys, fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", login, *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment},
        cwd=folder,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        os.close(ours)
