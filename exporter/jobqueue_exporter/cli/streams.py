"""stdout and stderr as a process was given them: full, closed, or read by nobody."""

from __future__ import annotations

import errno
import io
import os
import sys


class Unwritable(OSError):
    """stdout takes nothing any more."""

    def __str__(self) -> str:
        return f"stdout cannot be written: {self.strerror}"


class _Stdout(io.FileIO):
    """The file descriptor of stdout. Once it has failed it takes everything, so that nothing fails a second time."""

    failed = False

    # Any kind of buffer, as in io.FileIO, whose stub names a type that only stubs have.
    def write(self, data) -> int:  # type: ignore[no-untyped-def]  # see above
        """How many bytes it took. Raises BrokenPipeError where nobody reads it any more, else Unwritable."""
        if self.failed:
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.failed = True
            raise Unwritable(error.errno, error.strerror) from error


def guard() -> None:
    """From now on an error of the process' own stdout is told from any other, and a stderr that is closed takes what
    is written; a stream that somebody has put in the place of stdout stays."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open until the process ends
    own = sys.__stdout__
    if own is None or sys.stdout is not own:
        return
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(_Stdout(own.fileno(), "w", closefd=False)),
        encoding=own.encoding,
        errors=own.errors,
        line_buffering=own.line_buffering or own.write_through,
    )


def needed() -> None:
    """Raises Unwritable where there is no stdout at all."""
    if sys.stdout is None:
        raise Unwritable(errno.EBADF, "it is closed")
