"""Does long work in a thread of its own, once for all who want the same at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Busy(Exception):
    """There is more work than may wait."""


class Once(Generic[Made]):
    """Does one piece of work at a time, so that many clients take no more of the processor than one. For one loop.

    `name` is that of its thread; no more than `most` pieces are under way or wait, where it is given.
    """

    def __init__(self, name: str, *, most: int | None = None) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._most = most
        self._under_way: dict[Hashable, tuple[asyncio.Future[Made], Callable[[], Made]]] = {}
        """Each with its work: that keeps what a key knows by its id, so that nothing else gets the same id."""

    async def done(self, key: Hashable, work: Callable[[], Made]) -> Made:
        """What `work` makes, or what the same `key` is being made for already. Raises what it raises, and Busy."""
        if key not in self._under_way:
            if self._most is not None and len(self._under_way) >= self._most:
                raise Busy
            future = asyncio.get_running_loop().run_in_executor(self._thread, work)
            self._under_way[key] = future, work
            future.add_done_callback(lambda _: self._under_way.pop(key))
        future, _ = self._under_way[key]
        # Not awaited as it is, for a client that leaves would cancel it for the others.
        await asyncio.wait([future])
        return future.result()

    def close(self) -> None:
        """Take no more work."""
        self._thread.shutdown(wait=False, cancel_futures=True)
