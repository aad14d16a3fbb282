"""Ctrl-C while jobs are being changed: once to stop after the batch under way, twice to end at once."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

_STOPPING = b"\nstopping after the batch under way; once more ends at once\n"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STDERR = 2


class Interrupts:
    """Whether a person has asked to stop, within a `with` block in the main thread: by Ctrl-C, by SIGTERM, or by
    closing the terminal unless that is ignored. The second time raises KeyboardInterrupt where it loses nothing.
    """

    def __init__(self) -> None:
        self._times = 0
        self._open = False
        # Any: what signal.signal gives back is whatever was there.
        self._before: dict[signal.Signals, Any] = {}
        self._reads, self._writes = -1, -1

    def __enter__(self) -> Self:
        # A handler runs between any two steps of this thread, also while it holds the lock of a threading.Event:
        # a pipe cannot lock it out.
        self._reads, self._writes = os.pipe()
        for each in _SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:
                self._before[each] = signal.signal(each, self._told)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)
        os.close(self._reads)
        os.close(self._writes)

    @property
    def asked(self) -> bool:
        """Whether it is time to stop after the batch under way."""
        return self._times > 0

    def wait(self, seconds: float) -> bool:
        """Waits so long, or until it is asked to stop; whether it was."""
        with self.at_once():
            if not self.asked:
                select.select([self._reads], [], [], seconds)
        return self.asked

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """While something takes long that may be broken off."""
        self._open = True
        try:
            if self._times > 1:
                raise KeyboardInterrupt
            yield
        finally:
            self._open = False

    def _told(self, number: int, frame: FrameType | None) -> None:
        self._times += 1
        if self._times > 1:
            if self._open:
                raise KeyboardInterrupt
            return
        os.write(self._writes, b".")
        # Past sys.stderr, which may be in the middle of a write.
        _quietly(lambda: os.write(_STDERR, _STOPPING))


def _quietly(act: Callable[[], object]) -> None:
    try:
        act()
    except OSError:
        # Nobody reads it any more, which must not stop a batch in its middle.
        return
