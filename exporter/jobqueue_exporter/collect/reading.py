"""One reading: gathers what the collectors of a source bring, and says what it amounts to."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path

from jobqueue_exporter.collect.clock import Clock
from jobqueue_exporter.collect.found import Found
from jobqueue_exporter.collect.memory import Memory
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.engines.protocol import Part, Reader, Request, Tier
from jobqueue_exporter.errors import Refused, SourceError, TimedOut
from jobqueue_exporter.model import Snapshot


class Reading:
    """One reading of one source. `go` runs in a thread of its own; any other may ask what it amounts to."""

    def __init__(
        self, reader: Reader, memory: Memory, wants: Wants, clock: Clock, *, retired: Sequence[Reader] = ()
    ) -> None:
        self._reader = reader
        self._retired = retired
        self._memory = memory
        self._wants = wants
        self._clock = clock
        self._started = clock.monotonic()
        self._found: Found | None = None

    def go(self) -> None:
        """Read, after closing readers that this source had before: it gets one connection.

        Raises:
            SourceError: the source cannot be read.
        """
        for reader in self._retired:
            reader.close()
        self._memory.begin(self._wants)
        self._read(_Due(self._memory.due))

    def stop(self) -> None:
        """End `go` from another thread; returns at once."""
        self._reader.stop()

    def outcome(self, error: Exception | None) -> Snapshot:
        """What the whole reading amounts to, `error` being what ended it early. Ask once."""
        found = self._found
        if found is None or not (error is None or isinstance(error, TimedOut)):
            return self._lost(error or Refused("the source brought nothing"))
        if failure := _failure(found):
            return self._lost(failure)
        return self._memory.learned(found, started=self._started, late=str(error or ""))

    def known(self, waited: float) -> Snapshot:
        """What can be said now to one who gives up after waiting for so many seconds."""
        found = self._found
        if found is None:
            return self._memory.unread(f"no answer within {waited:.3g} s")
        if failure := _failure(found):
            return self._memory.unread(str(failure))
        return self._memory.glimpsed(found)

    def failed(self, error: Exception) -> Snapshot:
        """What there is to say when `outcome` failed."""
        return self._memory.unread(_reason(error))

    def _lost(self, error: Exception) -> Snapshot:
        return self._memory.lost(error, _reason(error), started=self._started)

    def _extras(self) -> tuple[str, ...]:
        return tuple(each.name for each in self._reader.collectors if each.tier is Tier.EXTRA)

    def _read(self, extras: _Due) -> None:
        request = Request(
            deadline=self._started + self._wants.source.timeout,
            extras=extras,
            flows_since=self._memory.flows_since,
            thresholds=self._wants.thresholds,
        )
        begun = self._clock.wall()
        parts: dict[str, Part] = {}
        skew: float | None = None
        for part in self._reader.read(request):
            parts[part.collector] = part
            if skew is None and part.facts is not None and part.facts.clock is not None:
                skew = part.facts.clock - (self._clock.wall() - part.seconds)
            self._publish(parts, extras, begun, skew, ended=False)
        self._publish(parts, extras, begun, skew, ended=True)

    def _publish(self, parts: dict[str, Part], extras: _Due, begun: float, skew: float | None, *, ended: bool) -> None:
        """Let others see what has come, once the core is complete: half of it would be a wrong number."""
        found = Found(
            engine=self._reader.engine,
            collectors=tuple(self._reader.collectors),
            signals=dict(self._reader.signals),
            parts=dict(parts),
            asked=frozenset(name for name in self._extras() if name in extras),
            read_at=begun,
            skew_seconds=skew,
        )
        if ended or (found.core and all(name in parts for name in found.core)):
            self._found = found


class _Due(Container[str]):
    """The extra collectors that are due. Their names are known only once the source was looked at, so each is asked
    about when it comes up, and the answer stands for the whole reading."""

    def __init__(self, due: Callable[[Iterable[str]], frozenset[str]]) -> None:
        self._due = due
        self._said: dict[object, bool] = {}

    def __contains__(self, name: object) -> bool:
        if name not in self._said:
            self._said[name] = bool(self._due((str(name),)))
        return self._said[name]


def _failure(found: Found) -> SourceError | None:
    """Why a reading that came to its end is none: no core collector succeeded."""
    if found.facts(found.core):
        return None
    failed = [f"{part.collector}: {part.error}" for part in found.parts.values() if part.error]
    return Refused("; ".join(failed) or "the source brought nothing")


def _reason(error: Exception) -> str:
    """The text of an error of ours. That of any other may hold a secret, so only its place is told."""
    if isinstance(error, SourceError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if "jobqueue_exporter" in f.filename]
    place = f" at {ours[-1]}" if ours else ""
    return f"unexpected {type(error).__name__}{place}: this is a mistake in the exporter, please report it"
