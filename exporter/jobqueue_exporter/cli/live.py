"""The live view of `jobs watch`: the whole terminal, drawn in place, and given back as it was."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import NoReturn

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from jobqueue_exporter.cli.check_lines import title
from jobqueue_exporter.cli.documents import stats
from jobqueue_exporter.cli.fitting import fitted
from jobqueue_exporter.durations import human

_TICK_SECONDS = 0.25
_QUITS = frozenset("qQ\x03")
_TERMINATED = 128 + signal.SIGTERM


class View:
    """What is on the screen: the newest reading, and how old it is."""

    def __init__(self, out: Console, interval: float) -> None:
        self._out = out
        self._interval = interval
        self._newest: tuple[float, stats.Stats] | None = None

    def tell(self, found: stats.Stats) -> None:
        """There is a new reading. From any thread."""
        self._newest = (time.monotonic(), found)

    def drawn(self) -> RenderableType:
        """The screen as it should be now, no taller than it is."""
        newest = self._newest
        if newest is None:
            return Text("reading …")
        at, found = newest
        head = title("jobqueue", found.status)
        head.append(f"  read {human(max(time.monotonic() - at, 0))} ago, every {human(self._interval)}; q quits", "dim")
        size = self._out.size
        return Group(head, "", *fitted(found, self._out, size.width, size.height - 2))


def show(out: Console, view: View, stop: threading.Event) -> None:
    """Draw until `stop` is set, or somebody types q or Ctrl-C. The terminal is given back in any case."""
    with ExitStack() as stack:
        pressed = stack.enter_context(_keys())
        stack.enter_context(_signals())
        live = stack.enter_context(Live(view.drawn(), console=out, screen=True, auto_refresh=False))
        while not stop.is_set():
            # Drawn again even without news: the terminal may have another size, and ages grow.
            live.update(view.drawn(), refresh=True)
            if _QUITS & {*pressed(_TICK_SECONDS)}:
                return


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """What is typed within so many seconds, without Enter and without showing it."""
    if not sys.stdin.isatty():
        yield _nobody
        return
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)

    def pressed(seconds: float) -> str:
        ready, _, _ = select.select([number], [], [], seconds)
        return os.read(number, 64).decode("latin-1") if ready else ""

    try:
        tty.setcbreak(number)
        yield pressed
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _nobody(seconds: float) -> str:
    """Nothing, since nobody can type anything."""
    time.sleep(seconds)
    return ""


@contextmanager
def _signals() -> Iterator[None]:
    """SIGTERM ends the view in good order. Ctrl-Z does nothing: a shell cannot show itself on our screen."""
    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, _terminated),
        signal.SIGHUP: signal.signal(signal.SIGHUP, _terminated),
        signal.SIGTSTP: signal.signal(signal.SIGTSTP, signal.SIG_IGN),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(_TERMINATED)
