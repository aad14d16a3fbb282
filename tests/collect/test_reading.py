"""What a reading amounts to, at its end and before."""

from __future__ import annotations

from collections.abc import Iterator

from jobqueue_exporter.collect.clock import Clock
from jobqueue_exporter.collect.memory import Memory
from jobqueue_exporter.collect.reading import Reading
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.engines.protocol import Collector, Part, Request, Tier
from jobqueue_exporter.errors import Refused, TimedOut, Unreachable
from jobqueue_exporter.model import (
    BUCKETS,
    Cause,
    CollectorStatus,
    DeadLetters,
    Facts,
    Policy,
    Signal,
    Snapshot,
    Workers,
)
from tests.collect.scripted import CAUSES, JOBS, MAIL, Hands, ScriptedReader, brings, config, core, jobs, part, source

WORKERS = Collector("workers", Tier.CORE)
DEAD = {MAIL: DeadLetters(causes=dict.fromkeys(Cause, 1))}
NO_ANSWER = "no answer within 5 s"


class Bench:
    """Readings of one reader, with one memory."""

    def __init__(self, reader: ScriptedReader, clock: Clock | None = None) -> None:
        self.hands = Hands()
        self.clock = clock or self.hands.clock
        self.reader = reader
        self.wants = Wants(config(), source())
        self.memory = Memory(self.wants, reader.engine, self.clock, flows=True)

    def reading(self) -> Reading:
        return Reading(self.reader, self.memory, self.wants, self.clock)

    def read(self) -> Snapshot:
        reading = self.reading()
        try:
            reading.go()
        except Exception as error:
            return reading.outcome(error)
        return reading.outcome(None)


def status(name: str, error: str = "", *, took: float = 0.01, at: float | None = 1_763_800_000.0) -> CollectorStatus:
    return CollectorStatus(
        name=name, success=not error, duration_seconds=took, age_seconds=0.0, last_success=at, error=error
    )


def failing(error: Exception, *parts: Part) -> ScriptedReader:
    def bring(_: Request) -> Iterator[Part]:
        yield from parts
        raise error

    return ScriptedReader(bring, collectors=[JOBS, CAUSES])


def test_a_whole_reading_is_all_that_its_parts_say() -> None:
    found = Facts(lanes={MAIL: jobs(3)}, version="16.2", notices=("odd",))
    bench = Bench(ScriptedReader(brings(part(found)), signals={Signal.STUCK: True, Signal.WORKERS: True}))
    assert bench.read() == Snapshot(
        source="shop",
        engine="scripted",
        read_at=1_763_800_000.0,
        up=True,
        facts=found,
        signals={Signal.STUCK: True, Signal.WORKERS: False},
        policies={MAIL: Policy()},
        folded={"kind": 0, "queue": 0},
        collectors=(status("jobs"),),
    )


def test_the_request_says_what_is_due_until_when_and_how_to_sort_durations() -> None:
    bench = Bench(ScriptedReader(brings(core()), collectors=[JOBS, CAUSES]))
    bench.read()
    assert bench.reader.requests == [
        Request(deadline=1005.0, extras=frozenset({"causes"}), flows_since=None, thresholds=BUCKETS)
    ]


def test_an_engine_that_names_its_extras_only_while_it_is_read_is_asked_once_all_the_same() -> None:
    causes = part(Facts(dead_letters=DEAD), "causes")
    alive = part(Facts(lanes={MAIL: jobs(dead=1)}))
    bench = Bench(ScriptedReader(brings(alive, causes), collectors=[JOBS, CAUSES], known_at_once=False))
    assert bench.read().facts.dead_letters == DEAD
    assert [request.extras for request in bench.reader.requests] == [frozenset({"causes"})]


def test_an_engine_without_extras_is_asked_once() -> None:
    bench = Bench(ScriptedReader(brings(core()), known_at_once=False))
    bench.read()
    assert len(bench.reader.requests) == 1


def test_a_source_that_cannot_be_read_has_nothing_but_the_reason() -> None:
    bench = Bench(failing(Unreachable("db.example.com:5432 refuses connections"), core()))
    assert bench.read() == Snapshot(
        source="shop",
        engine="scripted",
        read_at=1_763_800_000.0,
        up=False,
        error="db.example.com:5432 refuses connections",
    )


def test_a_core_collector_that_fails_costs_its_own_facts_only() -> None:
    broken = Part(collector="workers", seconds=0.01, error="no such table")
    reader = ScriptedReader(
        lambda _: iter([core(), broken]), collectors=[JOBS, WORKERS], signals={Signal.WORKERS: True}
    )
    found = Bench(reader).read()
    assert (found.up, found.facts) == (True, Facts(lanes={MAIL: jobs(3)}, notices=()))
    assert found.collectors == (status("jobs"), status("workers", "no such table", at=None))
    assert found.signals == {Signal.WORKERS: False}


def test_a_core_collector_that_brings_nothing_has_failed() -> None:
    found = Bench(ScriptedReader(brings(core()), collectors=[JOBS, WORKERS])).read()
    assert found.collectors[1] == status("workers", "it brought no answer", took=0.0, at=None)


def test_a_source_of_which_every_core_collector_failed_is_down() -> None:
    broken = [Part(collector=each.name, seconds=0.01, error="gone") for each in (JOBS, WORKERS)]
    found = Bench(ScriptedReader(lambda _: iter(broken), collectors=[JOBS, WORKERS])).read()
    assert (found.up, found.error, found.facts) == (False, "jobs: gone; workers: gone", Facts())


def test_a_reader_that_brings_nothing_at_all_is_down() -> None:
    assert Bench(ScriptedReader(lambda _: iter([]), known_at_once=False)).read().error == "the source brought nothing"


def test_a_source_that_fails_after_it_was_read_keeps_its_last_success_and_no_numbers() -> None:
    answers: list[Exception | None] = [None, Refused("no rights")]

    def bring(_: Request) -> Iterator[Part]:
        if error := answers.pop(0):
            raise error
        yield core()

    bench = Bench(ScriptedReader(bring))
    bench.read()
    bench.hands.move(60)
    down = bench.read()
    assert (down.facts, down.flows, down.policies) == (Facts(), None, {})
    assert down.collectors == (status("jobs", "no rights", took=0.0),)


def test_a_timeout_among_the_extras_costs_the_extras_only() -> None:
    found = Bench(failing(TimedOut(NO_ANSWER), core())).read()
    assert (found.up, found.facts) == (True, Facts(lanes={MAIL: jobs(3)}, notices=()))
    assert found.collectors == (status("jobs"), status("causes", NO_ANSWER, took=0.0, at=None))


def test_a_timeout_before_the_core_is_complete_is_of_the_source() -> None:
    reader = failing(TimedOut(NO_ANSWER), core())
    reader._named = (JOBS, WORKERS)
    assert Bench(reader).read().error == NO_ANSWER


def test_an_error_that_is_not_ours_is_told_by_its_place_and_not_by_its_text() -> None:
    found = Bench(failing(KeyError("postgresql://root:secret@db"))).read()
    assert "unexpected KeyError at reading.py:" in found.error
    assert "secret" not in found.error


def test_before_the_core_is_complete_only_the_waiting_is_known() -> None:
    bench = Bench(ScriptedReader(brings(core())))
    found = bench.reading().known(1.5)
    assert (found.up, found.error, found.facts) == (False, "no answer within 1.5 s", Facts())


def test_while_an_extra_runs_the_core_is_known_with_what_extras_found_before() -> None:
    seen: list[Snapshot] = []
    alive = part(Facts(lanes={MAIL: jobs(4, dead=4)}))

    def bring(request: Request) -> Iterator[Part]:
        yield alive
        if bench.hands.now > 1000:
            seen.append(reading.known(3))
        if "causes" in request.extras:
            yield part(Facts(dead_letters=DEAD), "causes")

    bench = Bench(ScriptedReader(bring, collectors=[JOBS, CAUSES]))
    bench.read()
    bench.hands.move(20)
    reading = bench.reading()
    reading.go()
    assert (seen[0].up, seen[0].facts.lanes, seen[0].facts.dead_letters) == (True, {MAIL: jobs(4, dead=4)}, DEAD)
    assert [each.age_seconds for each in seen[0].collectors] == [0.0, 20.0]


def test_clock_skew_is_taken_at_the_start_of_the_part_that_read_the_clock() -> None:
    bench = Bench(ScriptedReader(brings(part(Facts(lanes={}, clock=1_763_800_100.0), seconds=4.0))))
    assert bench.read().clock_skew_seconds == 104.0


def test_workers_that_nobody_saw_are_no_signal() -> None:
    here = part(Facts(workers=Workers(live=1, stale=0, slots={"": 1})), "workers")
    signals = {Signal.WORKERS: True, Signal.SLOTS: True, Signal.PAUSE: False}
    reader = ScriptedReader(lambda _: iter([core(), here]), collectors=[JOBS, WORKERS], signals=signals)
    assert Bench(reader).read().signals == signals


def test_causes_that_an_engine_cannot_tell_are_not_told() -> None:
    causes = part(Facts(dead_letters=DEAD), "causes")
    bring, signals = brings(part(Facts(lanes={MAIL: jobs(0, dead=4)})), causes), {Signal.CAUSES: False}
    bench = Bench(ScriptedReader(bring, collectors=[JOBS, CAUSES], signals=signals))
    assert bench.read().facts.dead_letters == {MAIL: DeadLetters(causes={})}


def test_what_an_engine_says_it_cannot_tell_is_no_signal_whatever_it_brings() -> None:
    here = part(Facts(workers=Workers(live=1, stale=0)), "workers")
    cannot = {Signal.WORKERS: False, Signal.STUCK: False}
    reader = ScriptedReader(lambda _: iter([core(), here]), collectors=[JOBS, WORKERS], signals=cannot)
    assert Bench(reader).read().signals == cannot
