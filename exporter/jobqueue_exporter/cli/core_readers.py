"""Readers that bring what the verdict needs, and nothing that costs more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.engines.protocol import Collector, Part, Reader, Request, Statement, Tier
from jobqueue_exporter.model import Signal

# There each collector is a request that the configuration wrote, and any of them may tell of a check.
_ALL_OF_IT = "http-json"


class CoreReader:
    """Another reader without its extra collectors."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @property
    def engine(self) -> str:
        """That of the other."""
        return self._reader.engine

    @property
    def collectors(self) -> Sequence[Collector]:
        """Those of the other that are read every time."""
        return tuple(one for one in self._reader.collectors if one.tier is Tier.CORE or self.engine == _ALL_OF_IT)

    @property
    def signals(self) -> Mapping[Signal, bool]:
        """What this source can tell."""
        return self._reader.signals

    def read(self, request: Request) -> Iterator[Part]:
        """What the other reads. Raises SourceError."""
        return self._reader.read(request)

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """What `read` sends. Raises SourceError."""
        return self._reader.statements(request, explain=explain)

    def stop(self) -> None:
        """End a reading under way from another thread."""
        self._reader.stop()

    def close(self) -> None:
        """Give the connection back."""
        self._reader.close()


def reader(source: Source) -> Reader:
    """The reader of a source without its extras. Raises ConfigError when a library is not installed."""
    from jobqueue_exporter import engines

    return CoreReader(engines.reader(source))
