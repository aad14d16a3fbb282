"""One reading at a time, shared by all who ask."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jobqueue_exporter.collect.desk import Desk
from jobqueue_exporter.collect.ticket import Ticket
from jobqueue_exporter.collect.wants import Wants
from jobqueue_exporter.config.types import Duration
from jobqueue_exporter.engines.protocol import Part, Request
from jobqueue_exporter.errors import Refused, SourceError, TimedOut, Unreachable
from jobqueue_exporter.model import Snapshot
from tests.collect.scripted import PATIENCE, Hands, ScriptedReader, brings, config, core, source
from tests.deadline import until


class Office:
    """A desk with clocks in our hands, and the readers that were made for it."""

    def __init__(self, bring: Callable[[Request], Iterator[Part]] | None = None, **settings: Any) -> None:
        self.hands = Hands()
        self.reader = ScriptedReader(bring or brings(core()))
        self.desk = Desk(self.wants(**settings), self.reader, self.hands.clock, flows=True)

    def wants(self, **settings: Any) -> Wants:
        shop = source(**({"max_age": Duration(0.5), "timeout": Duration(PATIENCE)} | settings))
        return Wants(config(shop), shop)

    def ask(self) -> Snapshot:
        return answer(self.desk.ask())


def answer(ticket: Ticket) -> Snapshot:
    return ticket.future.result(PATIENCE)


class Gate:
    """A reading that waits until it is let through."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.open = threading.Event()

    def __call__(self, _: Request) -> Iterator[Part]:
        self.entered.set()
        until(self.open.is_set)
        yield core()


def failing(error: SourceError) -> Callable[[Request], Iterator[Part]]:
    def bring(_: Request) -> Iterator[Part]:
        raise error
        yield

    return bring


def test_fifty_who_ask_at_the_same_time_share_one_reading() -> None:
    gate = Gate()
    office = Office(gate)
    together = threading.Barrier(50)

    def caller() -> Ticket:
        together.wait(PATIENCE)
        return office.desk.ask()

    with ThreadPoolExecutor(50) as callers:
        tickets = [asked.result(PATIENCE) for asked in [callers.submit(caller) for _ in range(50)]]
        gate.open.set()
        snapshots = {id(answer(ticket)) for ticket in tickets}
    assert (len(snapshots), len(office.reader.requests)) == (1, 1)


def test_a_finished_reading_is_reused_while_it_is_fresh() -> None:
    office = Office(max_age=Duration(10))
    first = office.ask()
    office.hands.move(9.9)
    assert office.ask() is first
    office.hands.move(0.2)
    assert office.ask() is not first
    assert len(office.reader.requests) == 2


def test_one_who_gives_up_learns_how_long_was_waited_and_takes_nothing_from_others() -> None:
    gate = Gate()
    office = Office(gate)
    impatient, patient = office.desk.ask(), office.desk.ask()
    office.hands.move(2)
    assert impatient.known().error == "no answer within 2 s"
    assert impatient.future.cancel() is False
    gate.open.set()
    assert answer(patient).up
    assert impatient.known() is answer(patient)


@pytest.mark.parametrize("error", [Unreachable("refused"), Refused("no rights")])
def test_a_source_that_answers_no_is_asked_again_each_time(error: SourceError) -> None:
    office = Office(failing(error), max_age=Duration(3600))
    assert [office.ask().error for _ in range(3)] == [str(error)] * 3
    assert len(office.reader.requests) == 3


def test_a_source_that_timed_out_is_left_alone_ever_longer() -> None:
    office = Office(failing(TimedOut("too late")))
    assert office.ask().error == "too late"
    for pause in (15, 30, 60, 120, 120):
        office.hands.move(0.5)
        assert office.ask().error == f"too late; left alone for another {pause} s"
        office.hands.move(pause - 0.5)
        assert office.ask().error == "too late"
    assert len(office.reader.requests) == 6


def test_a_success_ends_the_pauses() -> None:
    script: list[Iterator[Part]] = [failing(TimedOut("too late"))(None) for _ in range(2)]  # type: ignore[arg-type]  # the request is not looked at
    script.insert(1, iter([core()]))
    office = Office(lambda _: script.pop(0))
    assert office.ask().error == "too late"
    office.hands.move(15)
    assert office.ask().up
    office.hands.move(1)
    assert office.ask().error == "too late"
    office.hands.move(1)
    assert office.ask().error == "too late; left alone for another 14 s"


def test_a_hung_reading_is_answered_in_time_and_nothing_is_started_beside_it() -> None:
    gate = Gate()
    office = Office(gate, timeout=Duration(0.05))
    assert office.ask().error == "no answer within 0.05 s"
    office.hands.move(3600)
    assert office.ask().error == "the previous reading is still being stopped"
    until(lambda: office.reader.stops == 1)
    gate.open.set()
    until(lambda: office.ask().up)
    assert len(office.reader.requests) == 2


def test_what_a_hung_reading_brings_after_its_time_changes_nothing() -> None:
    gate = Gate()
    office = Office(gate, timeout=Duration(0.05))
    ticket = office.desk.ask()
    late = answer(ticket)
    gate.open.set()
    until(lambda: office.ask().error.startswith("no answer within 0.05 s; left alone"))
    assert answer(ticket) is late
    assert ticket.known() is late


def test_a_host_without_threads_costs_a_reading_and_not_the_exporter(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    office = Office()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert office.ask().error == "no thread could be started: the exporter's host is out of threads"
    assert office.ask().up


def test_another_configuration_is_used_from_the_next_reading_on() -> None:
    office = Office(max_age=Duration(3600))
    office.ask()
    office.desk.reload(office.wants(max_age=Duration(3600)), None)
    office.ask()
    assert (len(office.reader.requests), office.reader.closes) == (2, 0)


def test_a_new_reader_waits_for_the_old_one_and_closes_it_before_it_connects() -> None:
    gate = Gate()
    office = Office(gate)
    ticket = office.desk.ask()
    until(gate.entered.is_set)
    closed_before: list[int] = []

    def bring(_: Request) -> Iterator[Part]:
        closed_before.append(office.reader.closes)
        yield core(9)

    fresh = ScriptedReader(bring)
    office.desk.reload(office.wants(table="other"), fresh)
    assert (office.desk.ask().future is ticket.future, fresh.requests) == (True, [])
    gate.open.set()
    assert answer(ticket).up
    expected = core(9).facts
    assert expected is not None
    assert (office.ask().facts.lanes, closed_before) == (expected.lanes, [1])


def test_a_reading_that_ends_after_a_reload_is_not_reused() -> None:
    gate = Gate()
    office = Office(gate, max_age=Duration(3600))
    ticket = office.desk.ask()
    until(gate.entered.is_set)
    office.desk.reload(office.wants(), None)
    gate.open.set()
    before = answer(ticket)
    assert office.ask() is not before


def test_a_changed_source_is_tried_at_once_though_the_old_one_timed_out() -> None:
    office = Office(failing(TimedOut("too late")))
    office.ask()
    office.desk.reload(office.wants(table="other"), ScriptedReader(brings(core())))
    assert office.ask().up


def test_a_closed_desk_stops_the_reading_gives_the_connection_back_and_starts_none() -> None:
    gate = Gate()
    office = Office(gate)
    ticket = office.desk.ask()
    until(gate.entered.is_set)
    closing = office.desk.close()
    assert (office.reader.stops, office.reader.closes) == (1, 0)
    gate.open.set()
    closing.join(PATIENCE)
    assert office.reader.closes == 1
    assert answer(ticket).source == "shop"
    office.hands.move(60)
    assert office.ask().error == "this source is no longer read"


def test_the_log_says_once_that_a_source_is_down(caplog: pytest.LogCaptureFixture) -> None:
    office = Office(failing(TimedOut("too late")))
    for _ in range(3):
        office.ask()
        office.hands.move(20)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "source is down source=shop reason='too late'"
    ]
