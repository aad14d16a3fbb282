"""Work that many want at the same time."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jobqueue_exporter.web.api.once import Once


def test_the_same_is_done_once_for_all_who_wait_and_anew_for_who_comes_later() -> None:
    go, times = threading.Event(), list[str]()

    def work() -> bytes:
        go.wait(20)
        times.append("done")
        return b"made"

    async def many() -> list[bytes]:
        once = Once()
        waiting = [asyncio.create_task(once.done("key", work)) for _ in range(20)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        go.set()
        made = await asyncio.gather(*waiting[1:])
        return [*made, await once.done("key", work)]

    assert asyncio.run(many()) == [b"made"] * 20
    assert times == ["done"] * 2


def test_different_work_is_done_one_piece_after_another() -> None:
    busy, most = threading.Semaphore(1), list[bool]()

    def work() -> bytes:
        most.append(busy.acquire(blocking=False))
        threading.Event().wait(0.01)
        busy.release()
        return b""

    async def several() -> None:
        once = Once()
        await asyncio.gather(*(once.done(key, work) for key in range(5)))

    asyncio.run(several())
    assert most == [True] * 5


def test_a_failure_is_told_to_all() -> None:
    def work() -> bytes:
        raise ValueError("odd")

    async def failing() -> None:
        once = Once()
        for _ in range(2):
            with pytest.raises(ValueError, match="odd"):
                await once.done("key", work)

    asyncio.run(failing())
