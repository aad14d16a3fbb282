"""Pages that are kept, and those that are too many."""

from __future__ import annotations

import re
import threading
from dataclasses import replace

import msgspec
import pytest

from jobqueue_exporter.config.types import Config, Duration
from jobqueue_exporter.model import Snapshot
from jobqueue_exporter.web import shelf
from jobqueue_exporter.web.page import answer, route
from jobqueue_exporter.web.page.kept import AGE, LONGEST_SECONDS, MOST, Kept, Made
from tests.web.reader_by_hand import FACTS, ready
from tests.web.served import PATIENCE, config, served, soon

SHOP = Snapshot(source="shop", engine="table", read_at=1.0, up=True, facts=FACTS)
CONFIG = config("shop")
PAGE = Made(f"<p>{AGE}</p>", 200, 1.0)


def patient(*names: str) -> Config:
    """Sources that are read once for the whole test."""
    made = config(*names)
    return msgspec.structs.replace(
        made, sources=tuple(msgspec.structs.replace(each, max_age=Duration(600)) for each in made.sources)
    )


def test_a_page_says_to_each_who_gets_it_how_old_its_numbers_are_by_then() -> None:
    assert [bytes(PAGE.response(now).body) for now in (1.0, 4.25, 0.5)] == [b"<p>0.0</p>", b"<p>3.2</p>", b"<p>0.0</p>"]


def test_pages_are_kept_for_a_while_and_only_those_of_the_last_readings() -> None:
    now = 0.0
    kept, later, mail = Kept(lambda: now), replace(SHOP), replace(SHOP, source="mail")
    kept.keep("mail", PAGE, CONFIG, [mail])
    kept.keep("early", PAGE, CONFIG, [SHOP, mail])
    assert kept.get("early") is PAGE
    kept.keep("late", PAGE, CONFIG, [later])
    assert [kept.get(key) is PAGE for key in ("early", "late", "mail")] == [False, True, True]
    now = LONGEST_SECONDS
    assert kept.get("late") is None


def test_the_oldest_of_very_many_pages_is_not_kept() -> None:
    kept = Kept(lambda: 0.0)
    for number in range(MOST + 1):
        kept.keep(number, PAGE, CONFIG, [SHOP])
        kept.keep(number, PAGE, CONFIG, [SHOP])
    assert [number for number in range(MOST + 1) if kept.get(number) is None] == [0]


def test_a_page_of_the_same_readings_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    real = answer.page

    def counted(config: Config, asked: object, *rest: object, **told: object) -> Made:
        made.append(asked)
        return real(config, asked, *rest, **told)  # type: ignore[arg-type]  # whatever was given

    monkeypatch.setattr(answer, "page", counted)
    with served(patient("shop"), {"shop": ready()}) as server:
        server.ask("/metrics")
        pages = [server.ask("/") for _ in range(3)]
        many = {server.ask(f"/?source=shop&page={number}").body for number in range(1, 9)}
    assert len({re.sub(r'data-age="[\d.]+"', "", page.text) for page in pages}) == 1
    assert all(re.search(r'data-age="\d+\.\d"', page.text) for page in pages)
    assert len(made) == 2, "one of all, and one of the only page of queues"
    assert len({re.sub(rb'data-age="[\d.]+"', b"", body) for body in many}) == 1


def test_who_asks_while_too_many_other_pages_are_made_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    go, begun, real = threading.Event(), [], shelf.Shelf.judged

    def slow(self: shelf.Shelf, snapshots: object) -> object:
        begun.append(snapshots)
        assert go.wait(PATIENCE)
        return real(self, snapshots)  # type: ignore[arg-type]  # whatever the page gave

    monkeypatch.setattr(shelf.Shelf, "judged", slow)
    monkeypatch.setattr(route, "MOST_WAITING", 1)
    with served(patient("a", "b")) as server:
        server.ask("/metrics")
        replies: list[int] = []
        client = threading.Thread(target=lambda: replies.append(server.ask("/?source=a").status))
        client.start()
        soon(lambda: begun)
        refused = server.ask("/?source=b")
        scrape = server.ask("/metrics")
        go.set()
        client.join(PATIENCE)
    assert (refused.status, scrape.status) == (503, 200)
    assert refused.headers["retry-after"] == "2"
    assert refused.text == "too many other pages are being made; try again\n"
    assert replies == [200]


def test_a_judgement_of_earlier_readings_is_dated(monkeypatch: pytest.MonkeyPatch) -> None:
    real = shelf.Shelf.judged
    monkeypatch.setattr(shelf.Shelf, "judged", lambda *asked: replace(real(*asked), at=1763800000.0, earlier=True))
    with served() as server:
        page = server.ask("/").text
    assert re.search(
        r"As the alerts stood at <time datetime=\"2025-11-22T08:26:40Z\">2025-11-22 08:26:40 UTC</time>", page
    )
