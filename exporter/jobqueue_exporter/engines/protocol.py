"""What an engine gives to the rest of the house: a Reader for each source it serves."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from jobqueue_exporter.model import Facts, Lane, Signal


class Tier(StrEnum):
    """CORE is read at every reading; EXTRA as often as its own cost allows."""

    CORE = "core"
    EXTRA = "extra"


@dataclass(frozen=True, slots=True)
class Collector:
    """A part of a reading that succeeds or fails by itself."""

    name: str
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one reading should bring.

    `deadline` is on `time.monotonic()`. `extras` holds the names of the extra collectors that are due.
    `flows_since` is the end of the last flow window (source's clock), None at the first.
    `thresholds` are the bounds in seconds, ascending, into which waits and runs are sorted.
    """

    deadline: float
    extras: Container[str]
    flows_since: float | None = None
    thresholds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one collector brought: facts, or the error that kept it from them."""

    collector: str
    seconds: float
    facts: Facts | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """Something that we send to a source, and how the source would go about it if that was asked."""

    collector: str
    text: str
    plan: str = ""


class Status(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `jobqueue doctor` found, and the exact statement that would mend it, if any."""

    status: Status
    topic: str
    text: str
    statement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Keys and values of a source in jobqueue.yml, the roles that no column plays, lanes and notices.

    `states` says for people what values of a state column mean: as they were found, or how to say more of them.
    """

    settings: Mapping[str, object]
    missing: tuple[str, ...]
    lanes: tuple[Lane, ...]
    notices: tuple[str, ...]
    states: str = ""


class Reader(Protocol):
    """One source, read by its engine. Used by one thread at a time, but for `stop`."""

    @property
    def engine(self) -> str:
        """The name of the engine; empty until it is detected, by the first reading."""

    @property
    def collectors(self) -> Sequence[Collector]:
        """The collectors that this source can run, core ones first; known after the first reading."""

    @property
    def signals(self) -> Mapping[Signal, bool]:
        """What this source can tell; known after the first reading."""

    def read(self, request: Request) -> Iterator[Part]:
        """Parts as they come, core first, all of one database snapshot.

        Raises:
            SourceError: the source cannot be read; nothing that was yielded may then be used.
        """

    def statements(self, request: Request, *, explain: bool = False) -> Sequence[Statement]:
        """What `read` sends, in order, with its plan if asked. Raises SourceError."""

    def stop(self) -> None:
        """End a reading under way from another thread: cancel it at the source, then cut the line.

        Returns at once; the reading's thread ends within about a second.
        """

    def close(self) -> None:
        """Give the connection back. Never raises."""
