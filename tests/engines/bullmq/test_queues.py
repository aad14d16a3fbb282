"""Which queues are read: those named, those of connected workers, and those that a look through the keys finds."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest
import redis

from jobqueue_exporter.config.types import BullMQ, Source
from jobqueue_exporter.dsn import redis_url
from jobqueue_exporter.engines import propose, reader
from jobqueue_exporter.engines.bullmq.reader import BullmqReader
from jobqueue_exporter.engines.bullmq.scan import STEP, Scan
from jobqueue_exporter.engines.protocol import Request
from jobqueue_exporter.errors import Refused
from jobqueue_exporter.model import Lane, State
from jobqueue_exporter.secret import Secret
from jobqueue_exporter.sources.redis import Redis
from tests.deadline import until
from tests.engines.bullmq.bullmq_library import Library
from tests.engines.bullmq.conftest import Site, facts, parts

ODD_NAMES = ("a:b:c", "{tag}", "ключ", "with space", "a*b[c]?", "x-dlq-y")


def _queues(site: Site, **settings: bool | str) -> set[str]:
    found = facts(site.reader(**settings)).lanes  # type: ignore[arg-type]  # keywords of reader
    return {lane.queue for lane in found or {}}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_queue_of_any_name_is_read(site: Site, start: object, library: Library, name: str) -> None:
    try:
        library.ask("add", queue=name, name="ok")
    except AssertionError:
        assert ":" in name  # the library makes none with a colon, older ones did
        site.redis.hset(f"bull:{name}:meta", "opts.maxLenEvents", 10_000)
        site.redis.lpush(f"bull:{name}:wait", "1")
        site.redis.hset(f"bull:{name}:1", mapping={"name": "ok", "timestamp": 1})

    assert site.lane(name).counts[State.PENDING] == 1
    assert _queues(site, scan=True) == {name}


def test_queues_of_connected_workers_are_found_without_a_look_at_the_keys(site: Site, library: Library) -> None:
    for queue in ("one", "two"):
        library.ask("work", queue=queue, opts={"name": "n1"} if queue == "two" else {})

    workers = facts(site.reader()).workers

    assert _queues(site) == {"one", "two"}
    assert workers is not None
    assert (workers.live, workers.stale, workers.by_queue) == (2, 0, {"one": 1, "two": 1})
    assert workers.by_queue == {queue: library.ask("workers", queue=queue) for queue in ("one", "two")}


def test_a_queue_is_remembered_when_its_workers_are_gone(site: Site, library: Library) -> None:
    library.ask("add", queue="one", name="hang")
    library.ask("work", queue="one")
    reader = site.reader()
    facts(reader)
    library.ask("rest", queue="one")

    def by_queue() -> Mapping[str, int] | None:
        workers = facts(reader).workers
        return workers.by_queue if workers else None

    until(lambda: by_queue() == {"one": 0})
    assert set(facts(reader).lanes or {}) == {Lane("one")}


def test_a_redis_without_a_queue_says_what_to_do(site: Site, redis_server: object) -> None:
    with pytest.raises(Refused) as unscanned:
        facts(site.reader())
    with pytest.raises(Refused) as scanned:
        facts(site.reader(scan=True, prefix="{jobs}"))
    with pytest.raises(Refused) as named:
        facts(site.reader("mail"))

    address = site.server.url
    assert str(unscanned.value) == (
        f"{address}: no queue of BullMQ with the prefix bull is in database 0: no worker is connected; name the queues "
        "under bullmq.queues, or set bullmq.scan to look through all keys"
    )
    assert str(scanned.value) == (
        f"{address}: no queue of BullMQ with the prefix {{jobs}} is in database 0: no worker is connected and no key "
        "is of one; set bullmq.prefix if theirs is another, or name them in bullmq.queues"
    )
    assert str(named.value) == (
        f"{address}: no queue of BullMQ with the prefix bull is in database 0 by the names under bullmq.queues: are "
        "names, bullmq.prefix and the database number right?"
    )


def test_a_named_queue_that_is_not_there_is_empty_and_said(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="ok")

    found = site.facts("mail", "mial")

    assert (found.lanes or {})[Lane("mial")] == found.empty_lane
    assert found.notices == ("queue mial: nothing was put into it yet under the prefix bull",)


def test_another_database_number_is_another_place(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="ok")
    elsewhere = site.server.url.removesuffix("0") + "3"

    with pytest.raises(Refused, match="in database 3"):
        facts(site.reader("mail", dsn=elsewhere))


def test_workers_of_another_database_are_none_of_this_one(site: Site, library: Library) -> None:
    library.ask("work", queue="mail")
    until(lambda: _queues(site) == {"mail"})
    elsewhere = site.server.url.removesuffix("0") + "3"
    with redis.Redis.from_url(elsewhere) as other:
        other.hset("bull:mail:meta", "opts.maxLenEvents", 1)

    found = facts(site.reader("mail", dsn=elsewhere)).workers
    with pytest.raises(Refused, match="in database 4: no worker is connected"):
        facts(site.reader(dsn=site.server.url.removesuffix("0") + "4"))

    assert found is not None
    assert (found.live, found.by_queue) == (0, {"mail": 0})


def test_keys_that_only_look_like_a_queue_are_none(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="ok")
    site.redis.set("bull:text:meta", "1")
    site.redis.hset("bull:mail:a:b:meta", mapping={"name": "job", "timestamp": 1, "data": "{}"})
    site.redis.hset("bull:strange:meta", "opts.maxLenEvents", 1)
    site.redis.set("bull:strange:wait", "no list")

    assert _queues(site, scan=True) == {"mail"}


def test_many_keys_of_others_do_not_hide_a_queue(site: Site, library: Library) -> None:
    _others(site, 100_000)
    library.ask("add", queue="mail", name="ok")

    assert _queues(site, scan=True) == {"mail"}


def test_a_look_through_many_keys_goes_on_where_it_ended(site: Site, library: Library) -> None:
    _others(site, 10 * STEP)
    library.ask("add", queue="mail", name="ok")
    scan, found, looks = Scan("bull"), set[str](), 0
    place = Redis(redis_url.parse(site.server.url), connect_timeout=20)

    while not scan.complete:
        with place.session(time.monotonic() + 20) as session:
            found |= scan.names(session, until=0.0)
        looks += 1
    place.close()

    assert found == {"mail"}
    assert looks > 5


def test_an_unfinished_look_is_said(site: Site, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.ask("work", queue="mail")
    _others(site, 20 * STEP)
    reader = site.reader(scan=True)
    monkeypatch.setattr("jobqueue_exporter.engines.bullmq.reader.FIRST_SCAN", 0.0)

    assert _notices(reader) == ("these are the queues found so far: not all keys were looked through yet",)
    until(lambda: _notices(reader) == ())


def _notices(reader: BullmqReader) -> tuple[str, ...] | None:
    part = next(iter(reader.read(Request(deadline=time.monotonic() + 20, extras=frozenset()))))
    return part.facts.notices if part.facts else None


def _others(site: Site, keys: int) -> None:
    for first in range(0, keys, 10_000):
        site.redis.mset({f"other:{number}": 1 for number in range(first, min(keys, first + 10_000))})


def test_a_queue_that_is_made_later_is_found_by_a_later_look(site: Site, library: Library) -> None:
    library.ask("add", queue="one", name="ok")
    reader = site.reader(scan=True)
    facts(reader)
    library.ask("add", queue="two", name="ok")

    facts(reader)

    assert set(facts(reader).lanes or {}) == {Lane("one"), Lane("two")}


def test_a_redis_of_which_nothing_is_configured_is_recognised(site: Site, library: Library) -> None:
    library.ask("add", queue="mail", name="ok")
    source = Source(name="s", dsn=Secret(site.server.url), bullmq=BullMQ(scan=True))
    found = reader(source)

    request = Request(deadline=time.monotonic() + 20, extras=frozenset())
    lanes = [part.facts.lanes for part in found.read(request) if part.facts and part.facts.lanes]
    found.close()

    assert found.engine == "bullmq"
    assert [set(one) for one in lanes] == [{Lane("mail")}]
    assert propose(source).settings == {"engine": "bullmq", "bullmq": {"prefix": "bull", "queues": ["mail"]}}


def test_a_proposal_names_no_queue_that_was_only_guessed(site: Site, library: Library) -> None:
    for queue in ("mail", "mail-dlq", "audit-dlq"):
        library.ask("add", queue=queue, name="ok")

    settings = propose(site.source(scan=True)).settings

    assert settings["bullmq"] == {"prefix": "bull", "queues": ["audit-dlq", "mail", "mail-dlq"]}


def test_a_thousand_queues_take_three_round_trips(site: Site) -> None:
    pipe = site.redis.pipeline(transaction=False)
    for number in range(1000):
        pipe.hset(f"bull:q{number}:meta", "opts.maxLenEvents", 10_000)
        pipe.lpush(f"bull:q{number}:wait", "1")
        pipe.hset(f"bull:q{number}:1", mapping={"name": "ok", "timestamp": 1})
    pipe.execute()
    reader = site.reader(*(f"q{number}" for number in range(1000)))
    parts(reader)

    lanes, trips = site.trips(reader)

    assert len(lanes) == 1000
    assert trips == 3


def test_a_redis_that_was_empty_at_first_is_read_once_there_is_something(site: Site, library: Library) -> None:
    reader = site.reader(scan=True)
    with pytest.raises(Refused):
        parts(reader)
    library.ask("add", queue="mail", name="ok")

    def lanes() -> set[Lane]:
        try:
            return set(facts(reader).lanes or {})
        except Refused:
            return set()

    until(lambda: lanes() == {Lane("mail")})
