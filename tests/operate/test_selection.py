from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest

from jobqueue_exporter.engines.operations import Job, Wanted
from jobqueue_exporter.errors import Unreachable
from jobqueue_exporter.model import Cause, Lane, State
from jobqueue_exporter.operate.selection import chosen
from tests.operate.shelf import Shelf

DEAD = Wanted(state=State.DEAD_LETTER)
ODD = ['a"b', "line\nbreak", "ä€🦊", "", " "]


def test_ids_are_noted_down_in_their_order_and_can_be_read_again() -> None:
    shelf = Shelf()
    ids = shelf.put(60)
    with chosen(shelf, replace(DEAD, limit=None)) as selection:
        assert [*selection] == [*selection] == [*ids]


def test_whatever_an_id_holds_it_comes_back_as_it_was() -> None:
    shelf = Shelf()
    shelf.jobs = {one: Job(id=one, lane=Lane("q"), state=State.DEAD_LETTER, word="dead") for one in ODD}
    with chosen(shelf, DEAD) as selection:
        assert [*selection] == ODD


@pytest.mark.parametrize(("there", "more"), [(4, False), (5, False), (6, True)])
def test_no_more_than_the_limit_are_chosen_and_it_is_said_whether_there_are_more(there: int, more: bool) -> None:
    shelf = Shelf()
    shelf.put(there)
    with chosen(shelf, replace(DEAD, limit=5)) as selection:
        assert (selection.count, selection.more) == (min(there, 5), more)


def test_what_changes_later_is_not_chosen() -> None:
    shelf = Shelf()
    ids = shelf.put(2)
    with chosen(shelf, DEAD) as selection:
        shelf.put(3, first=10)
        assert [*selection] == [*ids]


def test_it_tells_what_the_jobs_have_in_common() -> None:
    shelf = Shelf()
    shelf.jobs = {
        name: Job(id=name, lane=Lane("q", kind), state=State.DEAD_LETTER, word="dead", cause=cause, since=since)
        for name, kind, cause, since in (
            ("1", "A", Cause.USER_ERROR, 30.0),
            ("2", "A", None, None),
            ("3", "B", Cause.USER_ERROR, 10.0),
        )
    }
    with chosen(shelf, DEAD) as selection:
        assert dict(selection.kinds) == {"A": 2, "B": 1}
        assert dict(selection.causes) == {Cause.USER_ERROR: 2}
        assert (selection.oldest, selection.newest) == (10, 30)
        assert selection.samples == [*shelf.jobs.values()]


def test_samples_are_few_and_kinds_are_bounded() -> None:
    shelf = Shelf()
    shelf.jobs = {
        str(n): Job(id=str(n), lane=Lane("q", str(n)), state=State.DEAD_LETTER, word="dead") for n in range(1_500)
    }
    with chosen(shelf, replace(DEAD, limit=None)) as selection:
        assert (len(selection.samples), len(selection.kinds), selection.kinds["_other"]) == (5, 1_001, 500)


def test_a_long_listing_tells_how_far_it_is() -> None:
    shelf = Shelf()
    shelf.put(2_500)
    told: list[int] = []
    chosen(shelf, replace(DEAD, limit=None), told.append).close()
    assert told == [1_000, 2_000]


def test_memory_stays_the_same_however_many_are_chosen() -> None:
    few, many = peak(40_000), peak(120_000)
    assert many < few + 500_000


def test_a_source_that_is_lost_is_no_selection() -> None:
    with pytest.raises(Unreachable):
        chosen(_Lost(), DEAD)


def peak(count: int) -> int:
    """The most memory, in bytes, that choosing so many takes."""
    tracemalloc.start()
    try:
        chosen(_Endless(count), replace(DEAD, limit=None)).close()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class _Endless(Shelf):
    """Makes its jobs while they are listed."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def list(self, wanted: Wanted) -> Iterator[Job]:
        for number in range(self.count):
            yield Job(id=f"{number:040}", lane=Lane("q", "A"), state=State.DEAD_LETTER, word="dead", since=1.0)


class _Lost(Shelf):
    def list(self, wanted: Wanted) -> Iterator[Job]:
        yield from super().list(replace(wanted, limit=0))
        raise Unreachable("lost in the middle")
