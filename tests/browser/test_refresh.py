"""Pages that stay open: newer readings come by themselves, and old ones never look new."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from jobqueue_exporter.model import Facts, Lane, LaneJobs, State
from tests.browser.chromium import Visitor
from tests.browser.exporter import exporting
from tests.deadline import until
from tests.web.reader_by_hand import ready
from tests.web.served import config

pytestmark = pytest.mark.slow

DATED = re.compile(r"[Ll]ast good reading at (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d UTC")
RUNBOOK = "/runbooks/backlog?source=shop&queue=mail&kind=K-0"


def waiting(seconds: float, *, kinds: int = 60) -> Facts:
    """Facts of kinds whose oldest jobs have waited for so long."""
    jobs = LaneJobs(counts=dict.fromkeys(State, 1), oldest_pending_seconds=seconds)
    return Facts(lanes={Lane("mail", f"K-{number}"): jobs for number in range(kinds)})


def newer(page: Page, url: str) -> None:
    """Let the page's clock run until it has asked again, and been told by a newer judgement: the first one costs most,
    and is kept for as long as that allows."""

    def is_told() -> bool:
        with page.expect_response(lambda reply: reply.url.startswith(url)):
            page.clock.run_for(11_000)
        return "1h 6m" not in page.locator("main").inner_text()

    until(is_told, seconds=60)


@pytest.mark.parametrize("path", ["/", RUNBOOK])
def test_newer_numbers_come_by_themselves(visitor: Visitor, path: str) -> None:
    reader = ready(waiting(4_000))
    with exporting(config("shop"), lambda _: reader) as exporter:
        page = visitor.page()
        page.clock.install()
        page.goto(f"{exporter.url}{path}")
        expect(page.locator("main")).to_contain_text("1h 6m")
        reader.facts = waiting(7_200)
        newer(page, f"{exporter.url}{path}")
        expect(page.locator("main")).to_contain_text("2h")


def test_a_refresh_keeps_what_was_opened_and_where_the_keyboard_is(visitor: Visitor) -> None:
    reader = ready(waiting(4_000))
    with exporting(config("shop"), lambda _: reader) as exporter:
        page = visitor.page()
        page.clock.install()
        page.goto(f"{exporter.url}/")
        fold = page.locator("main details").last
        fold.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(fold).to_have_attribute("open", "")
        reader.facts = waiting(7_200)
        newer(page, exporter.url)
        expect(page.locator("main details").last).to_have_attribute("open", "")
        expect(page.locator("main details").last.locator("summary")).to_be_focused()


def test_a_refresh_of_a_runbook_keeps_the_place_and_what_was_opened(visitor: Visitor) -> None:
    reader = ready(waiting(4_000))
    with exporting(config("shop"), lambda _: reader) as exporter:
        page = visitor.page()
        page.clock.install()
        page.goto(f"{exporter.url}/runbooks/backlog#jobqueuewaittoolong")
        summary = page.locator("#now-jobqueuewaittoolong summary")
        summary.focus()
        page.keyboard.press("Enter")
        reader.facts = waiting(7_200)
        newer(page, exporter.url)
        expect(page.locator("#now-jobqueuewaittoolong details")).to_have_attribute("open", "")
        expect(summary).to_be_focused()


@pytest.mark.parametrize("path", ["/", RUNBOOK])
def test_a_page_says_when_its_exporter_is_gone_and_dims(visitor: Visitor, path: str) -> None:
    with exporting(config("shop"), lambda _: ready(waiting(4_000))) as exporter:
        page = visitor.page()
        page.clock.install()
        page.goto(f"{exporter.url}{path}")
        expect(page.locator(".stale")).to_be_hidden()
        exporter.stop()
        with page.expect_event("requestfailed"):
            page.clock.run_for(11_000)
        expect(page.locator(".stale")).to_have_text(re.compile(r"\d+ s old: the exporter does not answer\."))
        expect(page.locator("body.old")).to_be_visible()
        dimmed = page.locator("main" if path == "/" else "#now-jobqueuewaittoolong")
        expect(dimmed).to_have_css("opacity", "0.55")
    assert all("ERR_CONNECTION_REFUSED" in each for each in visitor.complaints)
    visitor.complaints.clear()


@pytest.mark.parametrize("path", ["/", RUNBOOK])
def test_a_source_that_is_down_is_said_and_dated_and_shows_no_old_numbers(visitor: Visitor, path: str) -> None:
    reader = ready(waiting(4_000))
    with exporting(config("shop"), lambda _: reader) as exporter:
        page = visitor.page()
        page.goto(f"{exporter.url}{path}")
        expect(page.locator("main")).to_contain_text("1h 6m")
        reader.error = "the database is gone"
        until(lambda: page.reload() and DATED.search(page.locator("main").inner_text()))
        expect(page.locator("main")).not_to_contain_text("1h 6m")


def test_five_thousand_queues_are_a_small_page_with_the_worst_first(visitor: Visitor) -> None:
    calm, late = waiting(1, kinds=5_000), waiting(7_200, kinds=3)
    facts = Facts(lanes={**(calm.lanes or {}), **(late.lanes or {})})
    with exporting(config("shop"), lambda _: ready(facts)) as exporter:
        page = visitor.page()
        reply = page.goto(f"{exporter.url}/")
        assert reply is not None
        assert len(reply.body()) < 300_000
        rows = page.locator("main tbody tr")
        expect(rows.first).to_contain_text("K-")
        assert [f"K-{number}" in " ".join(rows.all_inner_texts()[:3]) for number in range(3)] == [True] * 3
        page.get_by_role("link", name=re.compile("^All 5,000")).first.click()
        page.locator('a[rel="next"]').first.click()
        expect(page.locator("main")).to_contain_text("page 2 of 50")
        reply = page.goto(f"{exporter.url}/runbooks/backlog?source=shop")
        assert reply is not None
        assert len(reply.body()) < 300_000
