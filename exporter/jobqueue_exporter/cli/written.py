"""How far writing many jobs has come, told on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from jobqueue_exporter.errors import SourceError

if TYPE_CHECKING:
    from jobqueue_exporter.operate.export import Record

_EVERY_SECONDS = 0.25


class Written:
    """Counts records as they go by, at a terminal for all to see; at the end says how many there were.

    `lost` is what to say of the output when writing it broke off.
    """

    def __init__(self, to: Path | None, lost: str) -> None:
        self._to = to
        self._lost = lost
        self._count = 0
        # On a terminal that the output goes to as well, it would be written over.
        self._shows = sys.stderr.isatty() and (to is not None or not sys.stdout.isatty())

    def counted(self, records: Iterator[Record]) -> Iterator[Record]:
        """The same records."""
        shown = time.monotonic()
        for record in records:
            yield record
            self._count += 1
            if self._shows and time.monotonic() - shown >= _EVERY_SECONDS:
                shown = time.monotonic()
                click.echo(f"\r{self._count:,} jobs", nl=False, err=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._shows:
            click.echo("\r\x1b[K", nl=False, err=True)
        if isinstance(error, SourceError | KeyboardInterrupt):
            click.echo(f"broken off after {self._jobs}: {self._lost}", err=True)
        elif error is None and self._to is not None:
            click.echo(f"{self._jobs} written to {self._to}", err=True)

    @property
    def _jobs(self) -> str:
        return f"{self._count:,} job{'' if self._count == 1 else 's'}"
