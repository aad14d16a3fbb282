"""All sources: none costs another anything, and a reload keeps what it can."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from jobqueue_exporter.collect import Collection
from jobqueue_exporter.config.types import Duration, Source
from jobqueue_exporter.engines.protocol import Part, Request
from jobqueue_exporter.errors import ConfigError, Refused, Unreachable
from jobqueue_exporter.model import Facts, Flow, FlowCount, FlowWindow, LaneFlows, Outcome
from tests.collect.scripted import (
    FLOWS,
    JOBS,
    MAIL,
    PATIENCE,
    ScriptedReader,
    brings,
    config,
    core,
    part,
    source,
)
from tests.deadline import until

FRESH = Duration(0)


@dataclass
class Factory:
    """Makes a reader for each source, by its name, and keeps them in the order of making."""

    scripts: dict[str, Callable[[Request], Iterator[Part]]] = field(default_factory=dict)
    made: list[tuple[str, ScriptedReader]] = field(default_factory=list)

    def __call__(self, wanted: Source) -> ScriptedReader:
        script = self.scripts.get(wanted.name, brings(core()))
        reader = ScriptedReader(script, collectors=[JOBS, FLOWS])
        self.made.append((wanted.name, reader))
        return reader

    def readers(self, name: str) -> list[ScriptedReader]:
        return [reader for made, reader in self.made if made == name]


class Stuck:
    """A reading that never ends by itself."""

    def __init__(self) -> None:
        self.release = threading.Event()

    def __call__(self, _: Request) -> Iterator[Part]:
        self.release.wait(PATIENCE)
        raise Unreachable("cut")
        yield


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    found = Stuck()
    yield found
    found.release.set()


def refuse(_: Request) -> Iterator[Part]:
    raise Refused("no rights")
    yield


def up(collection: Collection, timeout: float | None = None) -> dict[str, bool]:
    return {snapshot.source: snapshot.up for snapshot in collection.read(timeout=timeout)}


def test_all_sources_are_read_or_those_that_are_named_in_their_order() -> None:
    collection = Collection(config(source("a"), source("b"), source("c")), Factory())
    assert collection.sources == ("a", "b", "c")
    assert [each.source for each in collection.read()] == ["a", "b", "c"]
    assert [each.source for each in collection.read(["c", "a"])] == ["c", "a"]
    assert collection.read([]) == ()


def test_an_unknown_source_is_named_with_those_that_there_are() -> None:
    collection = Collection(config(source("a"), source("b")), Factory())
    with pytest.raises(ConfigError, match=r"^x: no such source; there are: a, b$"):
        collection.ask(["a", "x"])


def test_a_hung_source_costs_only_its_own_series(stuck: Stuck) -> None:
    factory = Factory({"hung": stuck})
    collection = Collection(config(source("hung", timeout=Duration(0.05)), source("a"), source("b")), factory)
    for _ in range(3):
        assert up(collection) == {"hung": False, "a": True, "b": True}
    assert len(factory.readers("hung")[0].requests) == 1


def test_one_who_reads_with_a_time_limit_gets_what_is_known_by_then(stuck: Stuck) -> None:
    collection = Collection(config(source("hung"), source("a")), Factory({"hung": stuck}))
    ticket = collection.ask(["a"])[0]
    ticket.future.result(PATIENCE)
    hung, a = collection.read(timeout=0.05)
    assert (hung.up, hung.error.startswith("no answer within 0.0"), a.up) == (False, True, True)


def test_a_thousand_failing_readings_leave_no_thread_and_no_memory_behind() -> None:
    factory = Factory({"shop": refuse})
    collection = Collection(config(source(max_age=FRESH)), factory)
    noted = factory.readers("shop")[0].requests

    def fail(times: int) -> int:
        for _ in range(times):
            collection.read()
        assert len(noted) == times
        noted.clear()
        until(lambda: threading.active_count() <= threads)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    threads = threading.active_count()
    tracemalloc.start()
    try:
        before = fail(100)
        assert fail(1000) - before < 50_000
    finally:
        tracemalloc.stop()


def test_sources_that_stay_the_same_keep_their_reader() -> None:
    factory = Factory()
    collection = Collection(config(source("a", max_age=FRESH), source("b", max_age=FRESH)), factory)
    collection.read()
    collection.reload(config(source("b", max_age=FRESH), source("a", max_age=FRESH, table="jobs2")))
    assert collection.sources == ("b", "a")
    collection.read()
    assert [name for name, _ in factory.made] == ["a", "b", "a"]
    (old_a, new_a), (b,) = factory.readers("a"), factory.readers("b")
    assert (old_a.closes, new_a.closes, b.closes) == (1, 0, 0)
    assert (len(old_a.requests), len(new_a.requests), len(b.requests)) == (1, 1, 2)


def test_a_source_that_is_removed_is_closed_and_one_that_is_added_is_read() -> None:
    factory = Factory()
    collection = Collection(config(source("a"), source("b")), factory)
    ticket = collection.ask(["a"])[0]
    collection.reload(config(source("b"), source("c")))
    assert up(collection) == {"b": True, "c": True}
    until(lambda: factory.readers("a")[0].closes == 1)
    assert ticket.future.result(PATIENCE).source == "a"


def test_a_source_that_is_removed_while_it_hangs_is_stopped(stuck: Stuck) -> None:
    factory = Factory({"a": stuck})
    collection = Collection(config(source("a"), source("b")), factory)
    ticket = collection.ask(["a"])[0]
    collection.reload(config(source("b")))
    assert factory.readers("a")[0].stops == 1
    stuck.release.set()
    assert ticket.future.result(PATIENCE).error == "cut"
    until(lambda: factory.readers("a")[0].closes == 1)


def test_a_reload_that_fails_leaves_everything_as_it_was() -> None:
    factory = Factory()
    collection = Collection(config(source("a", max_age=FRESH)), factory)

    def make(wanted: Source) -> ScriptedReader:
        if wanted.name == "bad":
            raise ConfigError("bad: no engine for this")
        return factory(wanted)

    collection._readers = make
    with pytest.raises(ConfigError, match="no engine"):
        collection.reload(config(source("a", table="jobs2"), source("bad")))
    assert up(collection) == {"a": True}
    assert [reader.closes for reader in factory.readers("a")] == [0, 1]


def counting() -> Callable[[Request], Iterator[Part]]:
    """A source in which one job more has completed at each reading."""
    minute, done = 29_396_666, iter(range(100))

    def bring(request: Request) -> Iterator[Part]:
        yield core()
        if "flows" in request.extras:
            counts = (FlowCount(minute, MAIL, Flow.COMPLETED, next(done)),)
            window = FlowWindow(
                start=minute * 60, end=minute * 60 + 60, tells=frozenset({Flow.COMPLETED}), counts=counts
            )
            yield part(Facts(flow_window=window), "flows", seconds=0.0)

    return bring


def test_totals_survive_a_reload_of_a_source_of_the_same_name() -> None:
    collection = Collection(config(source(max_age=FRESH)), Factory({"shop": counting()}))
    for _ in range(3):
        collection.read()
    collection.reload(config(source(max_age=FRESH, timeout=Duration(9))))
    found = collection.read()[0]
    assert found.flows == {MAIL: LaneFlows(finished={Outcome.COMPLETED: 3})}


def test_closing_ends_readings_and_gives_connections_back(stuck: Stuck) -> None:
    factory = Factory({"hung": stuck})
    collection = Collection(config(source("hung"), source("a")), factory)
    ticket = collection.ask()[0]
    factory.readers("hung")[0].stop = stuck.release.set  # type: ignore[method-assign]  # so that stopping helps
    collection.close()
    assert [reader.closes for _, reader in factory.made] == [1, 1]
    assert ticket.future.result(PATIENCE).error == "cut"


def test_closing_does_not_wait_for_what_cannot_be_stopped(stuck: Stuck) -> None:
    factory = Factory({"hung": stuck})
    collection = Collection(config(source("hung"), source("a")), factory)
    collection.ask()
    collection.close()
    assert not stuck.release.is_set()
    assert [reader.closes for _, reader in factory.made] == [0, 1]


def test_once_reads_without_flows() -> None:
    factory = Factory({"shop": counting()})
    found = Collection(config(), factory, flows=False).read()[0]
    assert (found.up, found.flows) == (True, None)
    assert factory.readers("shop")[0].requests[0].extras == frozenset()
