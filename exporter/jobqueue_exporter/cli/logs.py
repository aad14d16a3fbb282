"""What we log: one line an event, on stderr, lower case, data as `key=value`."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click


class OneLine(logging.Formatter):
    """`time=… level=… message`; of an exception its type and text, and its traceback only when asked."""

    def __init__(self, *, tracebacks: bool) -> None:
        super().__init__()
        self.tracebacks = tracebacks

    def format(self, record: logging.LogRecord) -> str:
        """The line; line breaks in it are escaped, so that no data can forge a second one."""
        error = record.exc_info[1] if record.exc_info else None
        message = record.getMessage() + (f" error={type(error).__name__}: {error}" if error else "")
        message = message.replace("\r", r"\r").replace("\n", r"\n")
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line = f"time={moment} level={record.levelname.lower()} {message}"
        if error and record.exc_info and self.tracebacks:
            line += "\n" + self.formatException(record.exc_info)
        return line


class _Stderr(logging.Handler):
    """Writes to what stderr is now; one that nobody reads any more stops nothing."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            click.echo(self.format(record), file=sys.stderr)


def configure(*, verbose: bool, events: bool = True) -> None:
    """Log our own `events`, and warnings of ours and of libraries; verbose: one level more."""
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old, _Stderr):
            root.removeHandler(old)
    handler = _Stderr()
    handler.setFormatter(OneLine(tracebacks=verbose))
    root.addHandler(handler)
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    logging.getLogger("jobqueue_exporter").setLevel(_level(verbose=verbose, events=events))


@contextmanager
def sources_told_elsewhere() -> Iterator[None]:
    """Within the block no source that is down is logged: the command itself says so, and why."""
    announcing = logging.getLogger("jobqueue_exporter.collect.announce")
    announcing.addFilter(_nothing)
    try:
        yield
    finally:
        announcing.removeFilter(_nothing)


def _nothing(record: logging.LogRecord) -> bool:
    return False


def _level(*, verbose: bool, events: bool) -> int:
    if verbose:
        return logging.DEBUG
    return logging.INFO if events else logging.WARNING
