"""Does long work in a thread of its own, once for all who want the same at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor


class Once:
    """Does one piece of work at a time, so that many clients take no more of the processor than one. For one loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="api")
        self._under_way: dict[Hashable, asyncio.Future[bytes]] = {}

    async def done(self, key: Hashable, work: Callable[[], bytes]) -> bytes:
        """What `work` makes, or what the same `key` is being made for already. Raises what it raises."""
        if key not in self._under_way:
            future = asyncio.get_running_loop().run_in_executor(self._thread, work)
            self._under_way[key] = future
            future.add_done_callback(lambda _: self._under_way.pop(key))
        future = self._under_way[key]
        # Not awaited as it is, for a client that leaves would cancel it for the others.
        await asyncio.wait([future])
        return future.result()
