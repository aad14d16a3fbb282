"""The queues and kinds of a source on the page at /: which are shown, and in what order."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from jobqueue_exporter.model import Facts, Lane, LaneJobs, Policy, State
from jobqueue_exporter.web.page import lanes
from tests.full_snapshot import full
from tests.web.reader_by_hand import ready
from tests.web.served import config, served

SNAPSHOT = replace(full(), facts=Facts(), policies={})


def jobs(*, waited: float | None = 0, pending: int = 0, dead: int = 0) -> LaneJobs:
    return LaneJobs(counts={State.PENDING: pending, State.DEAD_LETTER: dead}, oldest_pending_seconds=waited)


def many(count: int) -> Facts:
    """So many queues, each worse than the one before."""
    found = {Lane(f"queue-{n:04}", "SEND"): jobs(waited=300 + n, pending=n) for n in range(count)}
    return Facts(lanes=found)


def queues(page: str) -> list[str]:
    """The rows of all tables, in their order."""
    return re.findall(r'<th scope="row"><bdi>([^<]*)</bdi>', page)


def test_the_worst_comes_first_by_its_own_objective_then_by_dead_jobs_then_by_pending_ones() -> None:
    strict, lax = Lane("strict"), Lane("lax")
    found = {
        Lane("many"): jobs(pending=9),
        Lane("a"): jobs(),
        lax: jobs(waited=4000, pending=99),
        Lane("dead"): jobs(dead=1),
        strict: jobs(waited=100, pending=1),
    }
    policies = {strict: Policy(wait_objective_seconds=10), lax: Policy(wait_objective_seconds=3600)}
    table = lanes.table(replace(SNAPSHOT, facts=Facts(lanes=found), policies=policies), page=0)
    assert [row.queue for row in table.shown] == ["strict", "lax", "dead", "many", "a"]


def test_waits_far_below_their_objective_do_not_change_the_order() -> None:
    found = {Lane("b"): jobs(waited=9), Lane("a"): jobs(waited=8), Lane("dead"): jobs(dead=1)}
    table = lanes.table(replace(SNAPSHOT, facts=Facts(lanes=found)), page=0)
    assert [row.queue for row in table.shown] == ["dead", "a", "b"]


def test_a_paused_queue_is_not_worse_for_what_waits_in_it() -> None:
    found = {Lane("resting"): jobs(waited=9000), Lane("late"): jobs(waited=400)}
    table = lanes.table(replace(SNAPSHOT, facts=Facts(lanes=found, paused={"resting": True})), page=0)
    assert [(row.queue, row.paused) for row in table.shown] == [("late", False), ("resting", True)]


def test_a_bar_is_full_and_marks_the_objective_where_it_is_exceeded() -> None:
    found = [lanes.Wait("", "", share) for share in (0, 0.25, 1, 4)]
    assert [(wait.fill, wait.mark, wait.late) for wait in found] == [
        (0, 100, False),
        (25, 100, False),
        (100, 100, False),
        (100, 25, True),
    ]


def test_what_one_queue_cannot_tell_is_said_so_and_what_none_can_has_no_column() -> None:
    found = {Lane("a"): LaneJobs(counts={State.PENDING: 0, State.RUNNING: 1}), Lane("b"): jobs(waited=None)}
    with served(readers={"shop": ready(Facts(lanes=found))}) as server:
        page = server.ask("/").text
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)', page)
    cells = re.findall(r'<td class="n[^"]*">([^<]*)', page)
    assert heads == ["Queue / kind", "Pending", "Dead letter", "Running"]
    assert cells == ["0", "cannot tell", "1", "0", "0", "cannot tell"]


def test_of_many_queues_the_worst_are_shown_some_are_folded_and_the_rest_is_a_link() -> None:
    with served(readers={"shop": ready(many(120))}) as server:
        page = server.ask("/").text
    shown, folded = page.split('<details id="source-')[:2]
    assert queues(shown) == [f"queue-{n:04}" for n in range(119, 104, -1)]
    assert queues(folded) == [f"queue-{n:04}" for n in range(104, 69, -1)]
    assert "All 120 queues and kinds" in page


def test_every_queue_is_on_one_page_which_the_links_lead_to() -> None:
    found, address = [], "?source=shop&page=1"
    with served(readers={"shop": ready(many(250))}) as server:
        while address:
            page = server.ask(f"/{address}").text
            found += queues(page)
            after = re.findall(r'rel="next" href="([^"#]*)', page)
            address = html.unescape(after[0]) if after else ""
    assert found == [f"queue-{n:04}" for n in range(249, -1, -1)]


@pytest.mark.parametrize(
    ("page", "first"),
    [("99", "queue-0049"), *((odd, "queue-0249") for odd in ("0", "-1", "x", "%C2%B2", "9" * 5000))],
    ids=lambda each: each[:9],
)
def test_a_page_that_is_not_there_is_the_last_or_the_worst(page: str, first: str) -> None:
    with served(readers={"shop": ready(many(250))}) as server:
        reply = server.ask(f"/?source=shop&page={page}")
    assert (reply.status, queues(reply.text)[0]) == (200, first)


@pytest.mark.parametrize("path", ["/", "/?source=shop", "/?source=shop&page=50"])
def test_the_page_of_five_thousand_queues_is_small(path: str) -> None:
    with served(readers={"shop": ready(many(5000))}) as server:
        page = server.ask(path)
    assert page.status == 200
    assert len(page.body) < 300_000


def test_many_sources_share_the_room() -> None:
    names = [f"shop-{n:02}" for n in range(60)]
    readers = {name: ready(many(100)) for name in names} | {"shop-59": ready(error="gone")}
    with served(config(*names), readers) as server:
        page = server.ask("/")
    assert len(page.body) < 300_000
    assert page.text.index('id="main"') < page.text.index("shop-59")
    assert {f"shop-{n:02}" for n in range(60)} <= set(re.findall(r"<bdi>(shop-\d\d)</bdi>", page.text))
