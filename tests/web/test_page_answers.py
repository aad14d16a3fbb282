"""How the page at / is answered: for one source, with one that is down, in time, and once for many."""

from __future__ import annotations

import html
import re
import subprocess
import sys
import threading
from dataclasses import replace

import msgspec
import pytest

from jobqueue_exporter.config.types import Duration
from jobqueue_exporter.model import CollectorStatus
from jobqueue_exporter.web import shelf
from jobqueue_exporter.web.page import source
from jobqueue_exporter.web.page.asked import Asked, asked
from tests.full_snapshot import down, full
from tests.web.reader_by_hand import ready
from tests.web.served import PATIENCE, config, served, soon


def words(page: str) -> str:
    """What a reader sees."""
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", page).split()))


def test_one_source_can_be_asked_for_and_no_other_is_read() -> None:
    readers = {"shop": ready(), "mail": ready(error="gone")}
    with served(config("shop", "mail"), readers) as server:
        before = readers["mail"].reads
        page = server.ask("/?source=shop").text
        after = readers["mail"].reads
    assert "All is well in shop." in words(page)
    assert '<a href="?source=shop" aria-current="page">' in page
    assert after - before <= 1, "but for the reading at the start"


def test_a_source_that_is_not_there_is_not_found_and_the_others_are_shown() -> None:
    with served(config("shop", "mail")) as server:
        reply = server.ask("/?source=%3Cscript%3Epostgresql://u:pw@h")
    assert reply.status == 404
    assert "There is no source of that name here" in reply.text
    assert "pw@h" not in reply.text
    assert len(re.findall(r"<article ", reply.text)) == 2


def test_addresses_say_what_was_asked() -> None:
    odd = 'a/b?c="d"&<e>#%2f\N{FIRE}'
    assert Asked().address == "./"
    assert asked({"source": odd, "page": "3"}) == Asked(odd, 3)
    assert asked({"page": "3"}) == Asked()
    assert Asked(odd, 3).address == "?source=a%2Fb%3Fc%3D%22d%22%26%3Ce%3E%23%252f%F0%9F%94%A5&page=3"


def test_a_source_that_is_down_says_when_it_was_read_last_and_shows_nothing_of_then() -> None:
    found = source.source(down(), config("shop"), Asked(), shown=15, most=50)
    assert (found.up, found.last) == (False, 1763800000.5)
    assert (found.numbers, found.facts, found.table, found.oldest) == ((), (), None, None)


def test_a_source_that_goes_down_is_dated_on_the_page() -> None:
    reader = ready()
    with served(readers={"shop": reader}) as server:
        assert "pending 3" in words(server.ask("/").text)
        reader.error = "gone"
        soon(lambda: "Last good reading at" in server.ask("/").text)
        page = server.ask("/").text
    assert "pending 3" not in words(page)
    assert re.search(r"Last good reading at <time datetime=\"[-0-9T:]+Z\">[0-9:]+ UTC</time>", page)
    assert "1 thing needs a person now." in words(page)


def test_all_that_a_source_tells_is_in_words() -> None:
    found = source.source(full(), config("video"), Asked(), shown=15, most=50)
    assert {fact.title: (fact.told, fact.bad) for fact in found.facts} == {
        "Workers": (("3 live", "newest sign of life 750ms before the reading"), ("1 stale",)),
        "Slots": (("5 of 12 busy",), ()),
        "Dead letters": (
            ("3 recoverable", "2 system error", "1 unknown cause", "3 within 24h", "the oldest for 1d"), (),
        ),
        "Recovery": (
            ("5 wait for a person", "2 will be retried", "40 recovered", "1 given up", "the oldest for 2h"), (),
        ),
        "Paused queues": (("mail",), ()),
        "Programs": (("ffmpeg on a live worker",), ("yt-dlp is missing on the exporter's host",)),
        "Health endpoint": (("live is well", "db is well"), ("ready is red", "worker is red")),
        "Circuit breakers": ((), ("mcp is half-open after 5 failures",)),
        "Kill switch": (("off",), ()),
        "Schedules": (("discovery: last success 10m 1s before, every 30m",), ()),
        "This reading": (
            ("7 of label kind are told as _other", "from a standby, 500ms behind"), ("causes could not be read",),
        ),
    }  # fmt: skip


def test_causes_of_an_earlier_reading_are_dated() -> None:
    old = CollectorStatus(name="dead_letters", success=True, duration_seconds=1, age_seconds=90, last_success=1.0)
    found = source.source(replace(full(), collectors=(old,)), config("video"), Asked(), shown=1, most=1)
    dead = next(fact for fact in found.facts if fact.title == "Dead letters")
    assert dead.told[-1] == "causes as of 1m 30s before the reading"


def test_where_alerts_cannot_be_judged_the_rest_is_shown_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(shelf.Shelf, "judged", broken)
    with served() as server:
        reply = server.ask("/")
    assert reply.status == 200
    assert "All is well in 1 source; the alerts could not be judged." in words(reply.text)
    assert "no such thing" not in reply.text


def test_a_scrape_is_answered_while_a_page_is_made_and_a_page_is_made_once_for_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, go, real = [], threading.Event(), shelf.Shelf.judged

    def slow(self: shelf.Shelf, snapshots: object) -> object:
        made.append(snapshots)
        assert go.wait(PATIENCE)
        return real(self, snapshots)  # type: ignore[arg-type]  # whatever the page gave

    monkeypatch.setattr(shelf.Shelf, "judged", slow)
    once = config("shop")
    once = msgspec.structs.replace(
        once, sources=tuple(msgspec.structs.replace(each, max_age=Duration(600)) for each in once.sources)
    )
    with served(once) as server:
        server.ask("/metrics")
        replies: list[int] = []
        clients = [threading.Thread(target=lambda: replies.append(server.ask("/").status)) for _ in range(3)]
        for client in clients:
            client.start()
        soon(lambda: made)
        assert server.ask("/metrics").status == 200
        go.set()
        for client in clients:
            client.join(PATIENCE)
    assert replies == [200, 200, 200]
    assert len(made) == 1


def test_an_exporter_that_shows_no_page_loads_nothing_that_only_pages_need() -> None:
    heavy = ("jinja2", "promql_parser", "markdown_it")
    code = f"import sys; from jobqueue_exporter.web import serving; print(*(n for n in {heavy} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", ["style.css", "page.css", "clock.js", "page.js", "runbook.css", "runbook.js"])
def test_a_file_with_its_version_is_kept_for_ever(name: str) -> None:
    with served() as server:
        pages = server.ask("/").text + server.ask("/runbooks/").text
        address = re.findall(rf"static/{re.escape(name)}\?v=\w+", pages)[0]
        versioned, plain = server.ask(f"/{address}"), server.ask(f"/static/{name}")
    assert versioned.headers["cache-control"] == "max-age=31536000, immutable"
    assert plain.headers["cache-control"] == "max-age=60"
    assert {each.headers["x-content-type-options"] for each in (versioned, plain)} == {"nosniff"}
    assert plain.headers["content-type"] == f"text/{'css' if name.endswith('css') else 'javascript'}; charset=utf-8"


@pytest.mark.parametrize("name", ["static/", "static/no.css", "static/..%2fapp.py", "static/../app.py", "style.css"])
def test_no_other_file_is_served(name: str) -> None:
    with served() as server:
        assert server.ask(f"/{name}").status == 404
