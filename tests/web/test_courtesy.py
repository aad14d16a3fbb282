"""Long work that lets scrapes go first."""

from __future__ import annotations

import threading

import pytest

from jobqueue_exporter.bundle.moment import Moment
from jobqueue_exporter.model import Facts, Snapshot
from jobqueue_exporter.web import courtesy, shelf
from jobqueue_exporter.web.courtesy import Courtesy
from tests.bundle.made import bundle, spec
from tests.web.reader_by_hand import many_lanes
from tests.web.served import config


def test_work_rests_until_the_last_scrape_ends() -> None:
    scrapes, rested = Courtesy(), threading.Event()

    def work() -> None:
        scrapes.rests(60)()
        rested.set()

    thread = threading.Thread(target=work)
    with scrapes.first():
        with scrapes.first():
            thread.start()
        assert not rested.wait(0.05)
    assert rested.wait(20)
    thread.join()


def test_where_no_scrape_is_under_way_work_goes_on_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    scrapes, waits = Courtesy(), list[float]()
    monkeypatch.setattr(scrapes._idle, "wait", waits.append)
    scrapes.rests(60)()
    with scrapes.first():
        pass
    scrapes.rests(60)()
    assert waits == []


def test_a_scrape_that_fails_has_ended() -> None:
    scrapes = Courtesy()
    with pytest.raises(ValueError, match="odd"), scrapes.first():
        raise ValueError("odd")
    assert scrapes._idle.is_set()


def test_one_piece_of_work_rests_no_longer_than_so_in_all() -> None:
    scrapes, rests = Courtesy(), 0
    with scrapes.first():
        rest = scrapes.rests(0.01)
        for _ in range(1_000):
            rest()
            rests += 1
    assert rests == 1_000


def test_alerts_rest_between_one_and_the_next() -> None:
    rests: list[None] = []
    made = Moment(bundle(spec("JobQueueA"), spec("JobQueueB"), spec("JobQueueC")))
    found = made.problems(
        [Snapshot(source="shop", engine="table", read_at=1.0, up=True, facts=many_lanes(3))],
        rest=lambda: rests.append(None),
    )
    assert len(rests) == 3 + bool(found.problems)


def test_a_page_judges_with_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    scrapes = Courtesy()
    asked: list[float] = []
    monkeypatch.setattr(scrapes._idle, "wait", asked.append)
    monkeypatch.setattr(shelf, "SCRAPES", scrapes)
    shown = shelf.of(config("shop"))
    with scrapes.first():
        shown.problems([Snapshot(source="shop", engine="table", read_at=1.0, up=True, facts=Facts(lanes={}))])
    assert asked
    assert asked[0] == courtesy.LONGEST_SECONDS
