"""Readings for `jobs watch`, one after the other in a thread of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from jobqueue_exporter import engines
from jobqueue_exporter.cli import failures, overview
from jobqueue_exporter.cli.documents import stats
from jobqueue_exporter.collect import Collection
from jobqueue_exporter.config.types import Config
from jobqueue_exporter.model import Snapshot

FAILURES_SECONDS = 15.0
"""How often the jobs that died lately are looked for: that is another connection."""

Failures = tuple[stats.Failure, ...] | None


class RepeatedStats:
    """Reads the same sources again and again, over the connections that it has; `path` is the
    configuration that was named. Not for several threads."""

    def __init__(self, config: Config, names: Sequence[str], path: Path | None = None) -> None:
        self._config, self._path = config, path
        self._names = tuple(dict.fromkeys(names)) or None
        self._collection = Collection(config, engines.reader, flows=False)
        self._failures: dict[str, tuple[float, Failures]] = {}

    def read(self) -> stats.Stats:
        """How it is now. A source that cannot be read is in it as such."""
        read = self._collection.read(self._names)
        return overview.stats_of(
            [overview.source(one, self._config, self._recent(one), path=self._path) for one in read]
        )

    def close(self) -> None:
        """Give the connections back; ends a reading under way."""
        self._collection.close()

    def _recent(self, one: Snapshot) -> Failures:
        now = time.monotonic()
        before = self._failures.get(one.source)
        if before is not None and now - before[0] < FAILURES_SECONDS:
            return before[1]
        found = failures.recent(one, self._config)
        if one.up:
            self._failures[one.source] = (now, found)
        return found


class Background:
    """Reads in a thread of its own, every `interval` seconds, `count` times or until `stop` is set, and tells each
    reading. Sets `stop` when it ends by itself."""

    def __init__(
        self,
        readings: RepeatedStats,
        interval: float,
        count: int | None,
        tell: Callable[[stats.Stats], None],
        stop: threading.Event,
    ) -> None:
        self._readings, self._interval, self._count = readings, interval, count
        self._tell, self._stop = tell, stop
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def check(self) -> None:
        """Raises what ended it, if that was an error."""
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        done = 0
        try:
            while not self._stop.is_set():
                started = time.monotonic()
                self._tell(self._readings.read())
                done += 1
                if done == self._count:
                    return
                self._stop.wait(max(0.0, self._interval - (time.monotonic() - started)))
        except Exception as error:
            # It would be lost in this thread, and the screen would stand still.
            if not self._stop.is_set():
                self._error = error
        finally:
            self._stop.set()
