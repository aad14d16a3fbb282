"""How often sources are asked for their dead jobs."""

from __future__ import annotations

import asyncio
import threading

from jobqueue_exporter.config.types import Source
from jobqueue_exporter.secret import Secret
from jobqueue_exporter.web.api.listings import Listing, Listings

SHOP = Source(name="shop", dsn=Secret("postgresql://localhost/shop"))
MAIL = Source(name="mail", dsn=Secret("postgresql://localhost/mail"))
ELSEWHERE = Source(name="shop", dsn=Secret("postgresql://localhost/elsewhere"))


class Asked:
    """A source by hand: counts how often it is asked, and answers when `go` is set."""

    def __init__(self, answer: Listing | None = None) -> None:
        self.answer = answer or Listing()
        self.times: list[str] = []
        self.go = threading.Event()

    def __call__(self, source: Source) -> Listing:
        self.times.append(source.name)
        self.go.wait(20)
        return self.answer

    @property
    def ready(self) -> Asked:
        self.go.set()
        return self


def test_many_who_ask_at_once_cost_one_query() -> None:
    asked = Asked()

    async def many() -> None:
        shared = Listings(asked)
        waiting = [asyncio.create_task(shared.newest(SHOP, 20)) for _ in range(50)]
        await asyncio.sleep(0)
        asked.go.set()
        await asyncio.gather(*waiting)
        await shared.newest(SHOP, 20)

    asyncio.run(many())
    assert asked.times == ["shop"]


def test_sources_are_asked_each_by_itself() -> None:
    asked = Asked().ready

    async def both() -> None:
        shared = Listings(asked)
        await asyncio.gather(shared.newest(SHOP, 20), shared.newest(MAIL, 20))

    asyncio.run(both())
    assert sorted(asked.times) == ["mail", "shop"]


def test_one_who_leaves_takes_nothing_from_the_others() -> None:
    asked = Asked(Listing(read_at=7.0))

    async def leave() -> Listing:
        shared = Listings(asked)
        first, second = (asyncio.create_task(shared.newest(SHOP, 20)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        asked.go.set()
        return await second

    assert asyncio.run(leave()) == Listing(read_at=7.0)
    assert asked.times == ["shop"]


def test_a_source_that_hangs_is_answered_for_in_time_and_not_asked_again_meanwhile() -> None:
    asked = Asked()

    async def impatient() -> list[str]:
        shared = Listings(asked)
        return [(await shared.newest(SHOP, 0.01)).error for _ in range(3)]

    told = asyncio.run(impatient())
    asked.go.set()
    assert told == ["its dead jobs are still being listed after 0.01 s; ask again in a moment"] * 3
    assert asked.times == ["shop"]


def test_another_source_of_the_same_name_is_asked_anew() -> None:
    asked = Asked().ready

    async def reloaded() -> None:
        shared = Listings(asked)
        await shared.newest(SHOP, 20)
        await shared.newest(ELSEWHERE, 20)

    asyncio.run(reloaded())
    assert asked.times == ["shop", "shop"]


def times_asked(answer: Listing, *moments: float, cost: float = 0.0) -> int:
    """How often a source is asked by those who come at these moments, in seconds, when asking costs so many."""
    asked, now = Asked(answer).ready, 0.0

    def ask(source: Source) -> Listing:
        nonlocal now
        now += cost
        return asked(source)

    async def come() -> None:
        nonlocal now
        shared = Listings(ask, clock=lambda: now)
        for now in moments:  # noqa: B007 - it is the clock
            await shared.newest(SHOP, 20)

    asyncio.run(come())
    return len(asked.times)


def test_a_list_is_used_again_for_some_seconds() -> None:
    assert times_asked(Listing(), 0.0, 4.9, 5.1, 10.0, 10.2) == 3


def test_a_list_that_took_long_is_used_the_longer() -> None:
    assert times_asked(Listing(), 0.0, 20.0, 22.0, cost=1.0) == 2
    assert times_asked(Listing(), 0.0, 319.0, 321.0, cost=20.0) == 2


def test_a_source_that_timed_out_is_left_alone_for_longer_each_time() -> None:
    late = Listing(error="too late", timed_out=True)
    assert times_asked(late, 0.0, 14.0, 16.0, 44.0, 47.0) == 3


def test_a_failure_of_another_kind_is_asked_about_again_after_some_seconds() -> None:
    assert times_asked(Listing(error="connection refused"), 0.0, 4.9, 5.1) == 2
