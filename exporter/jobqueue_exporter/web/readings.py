"""Waiting for readings that several requests share, without holding any of them up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial

from jobqueue_exporter.collect import Collection
from jobqueue_exporter.model import Snapshot


class Readings:
    """The readings under way that somebody waits for; belongs to one event loop."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._signals: dict[Future[Snapshot], asyncio.Future[None]] = {}

    async def take(self, names: Sequence[str] | None, seconds: float) -> tuple[Snapshot, ...]:
        """A snapshot of each source (all, for None), at the latest after `seconds`.

        Of a source that is still being read by then, it is what is known so far; its reading goes on.
        """
        tickets = self._collection.ask(names)
        signals = [self._signal(each.future) for each in tickets if not each.future.done()]
        if signals:
            await asyncio.wait(signals, timeout=seconds)
        return tuple(each.future.result() if each.future.done() else each.known() for each in tickets)

    def _signal(self, future: Future[Snapshot]) -> asyncio.Future[None]:
        # One callback a reading, however many wait: callbacks of those who gave up cannot be taken back,
        # and asyncio.wrap_future would cancel the reading along with the first of them.
        if future not in self._signals:
            loop = asyncio.get_running_loop()
            self._signals[future] = loop.create_future()
            future.add_done_callback(partial(self._tell, loop))
        return self._signals[future]

    def _tell(self, loop: asyncio.AbstractEventLoop, future: Future[Snapshot]) -> None:
        with suppress(RuntimeError):  # the server has ended before the reading
            loop.call_soon_threadsafe(self._release, future)

    def _release(self, future: Future[Snapshot]) -> None:
        self._signals.pop(future).set_result(None)
