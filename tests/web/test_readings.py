"""What waiting for a shared reading leaves behind."""

from __future__ import annotations

import asyncio
import gc
from contextlib import closing

from jobqueue_exporter.collect import Collection
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web.readings import Readings
from tests.web.reader_by_hand import ReaderByHand
from tests.web.served import config


def test_many_who_give_up_leave_one_callback_on_the_reading() -> None:
    reader = ReaderByHand()
    with closing(Collection(config(timeout=60), lambda _: reader)) as collection:
        (ticket,) = collection.ask()

        async def give_up_often() -> None:
            readings = Readings(collection)
            await asyncio.gather(*(readings.take(None, 0.01) for _ in range(500)))

        asyncio.run(give_up_often())
        assert len(vars(ticket.future)["_done_callbacks"]) == 1
        reader.go.set()
        assert ticket.future.result(10).up


def test_a_reading_that_ended_is_not_kept() -> None:
    reader = ReaderByHand()

    async def wait_once(collection: Collection) -> tuple[Snapshot, ...]:
        readings = Readings(collection)
        waiting = asyncio.create_task(readings.take(None, 10))
        await asyncio.sleep(0)
        assert len(readings._signals) == 1
        reader.go.set()
        snapshots = await waiting
        assert not readings._signals
        return snapshots

    with closing(Collection(config(timeout=60), lambda _: reader)) as collection:
        (snapshot,) = asyncio.run(wait_once(collection))
    assert snapshot.up


def test_a_waiter_that_is_cancelled_leaves_the_reading_alone() -> None:
    reader = ReaderByHand()

    async def cancel(collection: Collection) -> None:
        waiting = asyncio.create_task(Readings(collection).take(None, 10))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    with closing(Collection(config(timeout=60), lambda _: reader)) as collection:
        asyncio.run(cancel(collection))
        (ticket,) = collection.ask()
        assert not ticket.future.done()
        reader.go.set()
        assert ticket.future.result(10).up
    gc.collect()
