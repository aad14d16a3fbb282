"""Work that many want at the same time."""

from __future__ import annotations

import asyncio
import threading
import weakref

import pytest

from jobqueue_exporter.web.once import Busy, Once


def test_the_same_is_done_once_for_all_who_wait_and_anew_for_who_comes_later() -> None:
    go, times = threading.Event(), list[str]()

    def work() -> bytes:
        go.wait(20)
        times.append("done")
        return b"made"

    async def many() -> list[bytes]:
        once = Once[bytes]("work")
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
        once = Once[bytes]("work")
        await asyncio.gather(*(once.done(key, work) for key in range(5)))

    asyncio.run(several())
    assert most == [True] * 5


def test_a_failure_is_told_to_all() -> None:
    def work() -> bytes:
        raise ValueError("odd")

    async def failing() -> None:
        once = Once[bytes]("work")
        for _ in range(2):
            with pytest.raises(ValueError, match="odd"):
                await once.done("key", work)

    asyncio.run(failing())


def test_what_would_have_to_wait_behind_too_much_is_refused_but_not_what_is_made_already() -> None:
    go = threading.Event()

    def work() -> bytes:
        go.wait(20)
        return b"made"

    async def many() -> list[bytes]:
        once = Once[bytes]("work", most=2)
        waiting = [asyncio.create_task(once.done(key, work)) for key in ("a", "b", "a")]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await once.done("c", work)
        go.set()
        return [*await asyncio.gather(*waiting), await once.done("c", work)]

    assert asyncio.run(many()) == [b"made"] * 4


def test_who_leaves_does_not_keep_others_from_getting_theirs() -> None:
    go = threading.Event()

    def work() -> bytes:
        go.wait(20)
        return b"made"

    async def leave() -> bytes:
        once = Once[bytes]("work")
        leaver, stayer = (asyncio.create_task(once.done("key", work)) for _ in range(2))
        await asyncio.sleep(0)
        leaver.cancel()
        await asyncio.wait([leaver])
        go.set()
        found = await stayer
        once.close()
        return found

    assert asyncio.run(leave()) == b"made"


def test_work_is_kept_as_long_as_its_key_so_that_ids_in_that_stay_those_of_what_it_works_on() -> None:
    class Thing:
        pass

    async def watched() -> bool:
        once, thing = Once[bytes]("work"), Thing()
        gone = weakref.ref(thing)
        done = threading.Event()

        def work(_: Thing = thing) -> bytes:
            done.set()
            return b""

        key, task = id(thing), asyncio.create_task(once.done(id(thing), work))
        del thing, work
        await asyncio.sleep(0)
        assert done.wait(20)
        once.close()
        kept = key in once._under_way and gone() is not None
        await task
        return kept

    assert asyncio.run(watched())
