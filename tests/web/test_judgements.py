"""How often alerts are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jobqueue_exporter.bundle.moment import Found
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import shelf
from jobqueue_exporter.web.judgements import MOST, Judgements
from tests.web.reader_by_hand import FACTS
from tests.web.served import config

SHOP = Snapshot(source="shop", engine="table", read_at=1.0, up=True, facts=FACTS)


class Judge:
    """Says how often it was asked; each time takes `seconds` of a core."""

    def __init__(self, seconds: float = 1.0) -> None:
        self.now = self.used = 0.0
        self.seconds = seconds
        self.asked: list[Sequence[Snapshot]] = []
        self.judgements = Judgements(self.judge, clock=lambda: self.now, cost=lambda: self.used)

    def judge(self, snapshots: Sequence[Snapshot]) -> Found:
        self.used += self.seconds
        self.asked.append(snapshots)
        return Found((), (str(len(self.asked)),))

    def times(self, *snapshots: Snapshot) -> tuple[int, bool]:
        """By which judgement these are told, and whether that was by earlier readings."""
        judged = self.judgements.of(snapshots)
        return int(judged.found.untold[0]), judged.earlier


def test_the_same_readings_are_judged_once() -> None:
    judge = Judge()
    assert [judge.times(SHOP)] * 3 == [(1, False)] * 3
    judge.now = 1e6
    assert judge.times(SHOP) == (1, False)


def test_later_readings_wait_for_ten_times_what_the_last_judgement_took() -> None:
    judge, later = Judge(seconds=2.0), replace(SHOP)
    assert judge.times(SHOP) == (1, False)
    judge.now = 19.9
    assert judge.times(later) == (1, True)
    judge.now = 20.0
    assert judge.times(later) == (2, False)
    assert judge.judgements.of([replace(SHOP)]).at == judge.judgements.of([later]).at


def test_none_waits_longer_than_a_minute() -> None:
    judge = Judge(seconds=100.0)
    judge.times(SHOP)
    judge.now = 60.0
    assert judge.times(replace(SHOP)) == (2, False)


def test_a_source_that_has_gone_or_come_back_is_judged_at_once() -> None:
    judge, down = Judge(), Snapshot(source="shop", engine="table", read_at=1.0, up=False, error="gone")
    assert [judge.times(each) for each in (SHOP, down, SHOP)] == [(1, False), (2, False), (1, False)]


def test_the_judgements_of_a_few_choices_of_sources_are_kept() -> None:
    judge, shops = Judge(), [replace(SHOP, source=f"shop-{n}") for n in range(MOST + 1)]
    assert [judge.times(each)[0] for each in shops] == list(range(1, MOST + 2))
    assert judge.times(shops[-1])[0] == MOST + 1
    assert judge.times(shops[0])[0] == MOST + 2


def test_a_shelf_judges_readings_once_for_all_pages() -> None:
    shown = shelf.of(config("shop"))
    assert shown.problems([SHOP]) is shown.problems((SHOP,)) is shown.judged([SHOP]).found
